"""An agent in one small file: ternary tensors as trits, the rest as floats. Latent weights are never written.

The file is ``EMCTRITS``, the length of the header (uint32, little-endian), the header (JSON), the payload, and the
SHA-256 of everything before it. The header has the format's version, what the caller says about the agent, and name,
shape and place of each tensor; the payload has trits (`emcomm.ternary.trits`), float32 scales, and floats, all
little-endian. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emcomm.errors import BadInput, StorageError, shown
from emcomm.files import replacing
from emcomm.ternary.trits import Trits, pack_trits, packed_size, unpack_trits

__all__ = ["FORMAT", "Pack", "packed_bytes", "read_header", "read_pack", "write_pack"]

FORMAT = 1
"""Version of the format that is written, and the one that is read."""

_MAGIC = b"EMCTRITS"
_START = len(_MAGIC) + 4
_DIGEST = 32
_FLOATS = {"float32": "<f4", "float16": "<f2"}


class Pack(NamedTuple):
    """What a file holds.

    Attributes:
        about: what the caller said of the agent.
        ternary: codes (int8) and scales (float32) by name.
        rest: float32 tensors by name.
    """

    about: dict[str, Any]
    ternary: dict[str, Trits]
    rest: dict[str, Tensor]


def write_pack(
    path: Path | str,
    about: Mapping[str, Any],
    ternary: Mapping[str, Trits],
    rest: Mapping[str, Tensor],
    half: bool = False,
) -> dict[str, Any]:
    """Write an agent to `path`; an existing file is replaced whole or not at all.

    Args:
        path: the file.
        about: what is to be known of the agent, plain JSON data.
        ternary: codes ``[out, ...]`` of one run and scales ``[groups]``; see `emcomm.ternary.ternary_tensors`.
        rest: float32 tensors.
        half: round the rest to float16. Scales stay float32.

    Returns:
        the header that was written; see `emcomm.ternary.size_report`.

    Raises:
        BadInput: codes that are not ternary, scales that are not one for each block of rows or not finite, a rest that
            is not float32 or does not fit into float16, a name used twice, an `about` that is not JSON.
        StorageError: the file could not be written.
    """
    twice = sorted(set(ternary) & set(rest))
    if twice:
        raise BadInput(f"names: each tensor has one of its own, got {twice[0]!r} among ternary ones and the rest")
    parts: list[bytes] = []
    header: dict[str, Any] = {"format": FORMAT, "about": dict(about), "ternary": {}, "rest": {}}
    place = 0

    def put(data: NDArray[Any]) -> int:
        nonlocal place
        parts.append(data.tobytes())
        place += len(parts[-1])
        return place - len(parts[-1])

    for name, trits in ternary.items():
        scales = _scales(name, trits)
        header["ternary"][name] = {
            "shape": list(trits.codes.shape),
            "per": trits.per,
            "groups": len(scales),
            "codes": put(pack_trits(trits.codes.detach().cpu().numpy())),
            "scales": put(scales),
        }
    for name, tensor in rest.items():
        kind = "float16" if half else "float32"
        header["rest"][name] = {"shape": list(tensor.shape), "kind": kind, "floats": put(_floats(name, tensor, kind))}
    header["payload"] = place
    data = b"".join([_head(header), *parts])
    try:
        with replacing(Path(path)) as beside:
            beside.write_bytes(data + hashlib.sha256(data).digest())
    except OSError as error:
        raise StorageError(f"could not write the packed agent {path}: {error}") from error
    return header


def _scales(name: str, trits: Trits) -> NDArray[np.float32]:
    scales: NDArray[np.float32] = trits.scales.detach().cpu().numpy().astype("<f4")
    rows = trits.codes.shape[0] if trits.codes.dim() else 0
    if scales.ndim != 1 or not scales.size or rows % scales.size or not np.isfinite(scales).all():
        raise BadInput(f"{name}: finite scales, one for each block of its {rows} rows, got {shown(scales.tolist())}")
    return scales


def _floats(name: str, tensor: Tensor, kind: str) -> NDArray[Any]:
    if tensor.dtype != torch.float32:
        raise BadInput(f"{name}: the rest of an agent is float32, got {str(tensor.dtype).removeprefix('torch.')}")
    numbers: NDArray[np.float32] = tensor.detach().cpu().numpy()
    most = np.finfo(np.float16).max
    if kind == "float16" and (np.abs(numbers[np.isfinite(numbers)]) > most).any():
        raise BadInput(f"{name}: float16 goes up to {most:g}, got {np.abs(numbers).max():g}")
    return numbers.astype(_FLOATS[kind])


def _head(header: Mapping[str, Any]) -> bytes:
    """The bytes before the payload."""
    try:
        text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadInput(f"about: plain JSON data, got {shown(header['about'])} ({error})") from None
    return _MAGIC + len(text).to_bytes(4, "little") + text


def packed_bytes(header: Mapping[str, Any]) -> int:
    """Size in bytes of the file that has this header."""
    return len(_head(header)) + int(header["payload"]) + _DIGEST


def read_pack(path: Path | str) -> Pack:
    """Read an agent back; the inverse of `write_pack`, bit for bit but for what float16 rounds.

    Args:
        path: the file; nothing else is needed, no optimiser and no checkpoint.

    Raises:
        StorageError: the file cannot be read, is cut short or damaged (its checksum does not fit), is no packed agent,
            or has another version of the format.
    """
    return _contents(path, *_opened(Path(path)))


def read_header(path: Path | str) -> dict[str, Any]:
    """Read the header alone; the whole file is checked as by `read_pack`."""
    header, payload = _opened(Path(path))
    _contents(path, header, payload)
    return header


def _contents(path: Path | str, header: Mapping[str, Any], payload: bytes) -> Pack:
    """What the header says is in the payload; nothing larger than the payload is made."""
    try:
        if header["payload"] != len(payload):
            raise ValueError(f"a payload of {shown(header['payload'])} bytes, got {len(payload)}")
        ternary = {name: _trits(entry, payload) for name, entry in header["ternary"].items()}
        rest = {name: _tensor(entry, payload) for name, entry in header["rest"].items()}
        about = dict(header["about"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise StorageError(f"could not read {path}: its header and its contents do not fit ({error})") from None
    return Pack(about, ternary, rest)


def _shape(entry: Mapping[str, Any]) -> tuple[int, ...]:
    shape = tuple(entry["shape"])
    if not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError(f"a shape is whole numbers from 0 on, got {shown(list(shape))}")
    return shape


def _trits(entry: Mapping[str, Any], payload: bytes) -> Trits:
    shape = _shape(entry)
    codes = unpack_trits(_cut(payload, entry["codes"], packed_size(math.prod(shape))), math.prod(shape))
    scales = np.frombuffer(_cut(payload, entry["scales"], 4 * entry["groups"]), "<f4").astype(np.float32)
    return Trits(torch.from_numpy(codes.copy()).reshape(shape), torch.from_numpy(scales), entry["per"])


def _tensor(entry: Mapping[str, Any], payload: bytes) -> Tensor:
    kind, shape = _FLOATS[entry["kind"]], _shape(entry)
    data = _cut(payload, entry["floats"], np.dtype(kind).itemsize * math.prod(shape))
    return torch.from_numpy(np.frombuffer(data, kind).astype(np.float32)).reshape(shape)


def _cut(payload: bytes, start: int, size: int) -> bytes:
    if start < 0 or size < 0 or start + size > len(payload):
        raise ValueError(f"bytes {start}..{start + size} of {len(payload)}")
    return payload[start : start + size]


def _opened(path: Path) -> tuple[dict[str, Any], bytes]:
    """Header and payload of a file that is whole."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(f"could not read the packed agent {path}: {error}") from error
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(body).digest() != digest:
        raise StorageError(f"could not read {path}: its checksum does not fit, {_what_is_wrong(data)}")
    try:
        if not body.startswith(_MAGIC):
            raise ValueError("it does not begin as one")
        size = int.from_bytes(body[len(_MAGIC) : _START], "little")
        header = json.loads(body[_START : _START + size])
        version = header["format"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise StorageError(f"could not read {path}: it is no packed agent ({error})") from None
    if version != FORMAT:
        raise StorageError(f"could not read {path}: it has format version {shown(version)}, known is version {FORMAT}")
    return cast(dict[str, Any], header), body[_START + size :]


def _what_is_wrong(data: bytes) -> str:
    """The likely reason why a checksum does not fit."""
    if not data.startswith(_MAGIC):
        return "and it does not begin as a packed agent"
    size = int.from_bytes(data[len(_MAGIC) : _START], "little")
    try:
        whole = _START + size + json.loads(data[_START : _START + size])["payload"] + _DIGEST
    except (KeyError, TypeError, ValueError, RecursionError):
        whole = _START + size + _DIGEST
    return f"it is cut short: {len(data)} of {whole} bytes" if len(data) < whole else "it is damaged"
