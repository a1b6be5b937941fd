"""Five trits in a byte: 3^5 = 243 of 256 values, 1.6 bits a weight where log2(3) = 1.585 would be the least."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.ternary.options import Per

__all__ = ["PER_BYTE", "Trits", "pack_trits", "packed_size", "unpack_trits"]

PER_BYTE = 5

_POWERS = 3 ** np.arange(PER_BYTE)
_TABLE: NDArray[np.int8] = (np.arange(3**PER_BYTE)[:, None] // _POWERS % 3 - 1).astype(np.int8)


class Trits(NamedTuple):
    """A ternary tensor.

    Attributes:
        codes: ``[*stack, out, ...]``, each -1, 0 or 1.
        scales: ``[*stack, groups]``; the value of a weight is its code times the scale of its block of
            ``out / groups`` rows.
        per: which weights share a scale; see `Ternary`.
    """

    codes: Tensor
    scales: Tensor
    per: Per


def packed_size(count: int) -> int:
    """Bytes that `count` trits take."""
    return -(-count // PER_BYTE)


def pack_trits(codes: ArrayLike) -> NDArray[np.uint8]:
    """Write codes as bytes, flat and row by row.

    The first code of five is the lowest digit, ``byte = sum (code_i + 1) 3^i``; what is missing from the last five
    is code 0.

    Args:
        codes: any shape, N numbers, each -1, 0 or 1.

    Returns:
        uint8 ``[ceil(N / 5)]``, each at most 242.

    Raises:
        BadInput: something else is among the codes.

    Source: none; the density is that of the published formats with five trits a byte.
    """
    flat: NDArray[Any] = np.asarray(codes).reshape(-1)
    if not np.isin(flat, (-1, 0, 1)).all():
        wrong = flat[~np.isin(flat, (-1, 0, 1))][0]
        raise BadInput(f"codes: -1, 0 and 1 can be packed, got {wrong}")
    digits = np.ones(packed_size(flat.size) * PER_BYTE, np.int64)
    digits[: flat.size] += flat.astype(np.int64)
    return (digits.reshape(-1, PER_BYTE) @ _POWERS).astype(np.uint8)


def unpack_trits(packed: NDArray[np.uint8] | bytes, count: int) -> NDArray[np.int8]:
    """Read codes back; the inverse of `pack_trits`.

    Args:
        packed: uint8 ``[ceil(count / 5)]``, or as many bytes.
        count: how many codes.

    Returns:
        int8 ``[count]``.

    Raises:
        BadInput: too few or too many bytes, a byte above 242, or a last byte whose missing codes are not 0.
    """
    packed = np.frombuffer(packed, np.uint8) if isinstance(packed, bytes) else np.asarray(packed, np.uint8)
    if packed.shape != (packed_size(count),):
        raise BadInput(f"packed: {count} trits take {packed_size(count)} bytes, got {packed.size}")
    if packed.size and packed.max() >= len(_TABLE):
        raise BadInput(f"packed: a byte holds 0..{len(_TABLE) - 1}, got {packed.max()}")
    codes = _TABLE[packed].reshape(-1)
    if codes[count:].any():
        raise BadInput(f"packed: what follows the {count} trits in the last byte is not 0")
    return codes[:count]
