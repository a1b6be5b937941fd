"""Saved interactions of the EGG toolkit as tables of utterances; reading one runs no code, whatever is in it.

EGG's `InteractionSaver` writes what was said in a validation or training epoch as
``interactions/validation/epoch_N/interaction_gpu0``: a dataclass, pickled by `torch.save`. Here its tensors are read by
torch's weights-only reader, which builds tensors and containers and, in place of the dataclass, a record of our own.
EGG need not be installed. A file that asks for anything else is refused by name before any of it is read.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from emcomm.errors import BadInput, StorageError, unknown

__all__ = ["read_interaction"]

IntArray = NDArray[np.int64]
_CLASS = "interaction.Interaction"  # egg.core.interaction.Interaction, also where EGG was copied into another package
_MOST_BYTES = 1 << 30  # of a tensor that repeats what it holds
_LARGEST = 2.0**53  # whole numbers up to here are exact as floats


class _Interaction:
    """Stands in for EGG's dataclass: takes the fields it is given and has no behaviour."""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise TypeError("the state of an interaction is a dictionary")
        self.__dict__.update(state)


def read_interaction(path: str | Path, *, meanings: str | None = "sender_input") -> pd.DataFrame:
    """Read what EGG's `InteractionSaver` saved; give the result to `Language.from_frame`.

    Messages of integers ``[n, length]`` are symbols with 0 = EOS, as in EGG; relaxed messages (Gumbel-Softmax)
    ``[n, length, vocabulary]`` become their most probable symbols. The EOS that EGG appends to every message is
    dropped. Single symbols (``[n]``, or relaxed ``[n, vocabulary]``) know no EOS in EGG: symbol k becomes k + 1.

    Inputs become attributes: integers, and floats that are whole numbers, are attribute values; floats that are
    concatenated one-hot codes are decoded; anything else (real-valued features, images) becomes one attribute that
    numbers the distinct inputs, and a warning says so.

    Args:
        path: a file written by `torch.save`: EGG's `Interaction`, or a dictionary with its fields.
        meanings: the field that holds what is talked about: ``"sender_input"``, ``"labels"``, ``"receiver_input"`` or
            a key of ``aux_input``; None reads a corpus without meanings, and so does ``"sender_input"`` where the
            logging strategy left it out.

    Returns:
        a table with ``a0..ak``, ``message`` and what is known of ``sizes``, ``symbols`` and ``speaker`` (from
        ``aux_input["sender_idx"]``, where populations log it). A row is a game that was played, so that a meaning
        dealt twice has two rows.

    Raises:
        BadInput: not such a file, no messages, continuous messages, or a field that is not there.
        StorageError: the file could not be read.

    Source: Kharitonov et al. 2019 (EGG), the file format of its `core/interaction.py`.
    """
    fields = _fields(Path(path))
    held = fields.get("aux_input")
    auxiliary: dict[Any, Any] = held if isinstance(held, dict) else {}
    known = {**auxiliary, **{name: fields.get(name) for name in ("sender_input", "labels", "receiver_input")}}
    if meanings is not None and meanings not in known:
        raise unknown(f"field of {path}", meanings, known)
    columns = _messages(path, fields.get("message"))
    n = len(columns["message"])
    if meanings is not None and not (meanings == "sender_input" and known[meanings] is None):
        columns = {**_attributes(_array(path, meanings, known[meanings], n), meanings), **columns}
    if isinstance(speaker := auxiliary.get("sender_idx"), torch.Tensor) and speaker.shape[:1] == (n,):
        columns["speaker"] = _array(path, "sender_idx", speaker, n).reshape(n, -1)[:, 0].astype(np.int64)
    return pd.DataFrame(columns)


def _fields(path: Path) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions of the format
            asked = get_unsafe_globals_in_checkpoint(path)
            strange = sorted(name for name in asked if not f".{name}".endswith(f".{_CLASS}"))
            if strange:
                raise BadInput(
                    f"{path} asks for {ascii(strange[0])[:80]}, and nothing but tensors and EGG's Interaction is read "
                    "from such a file"
                )
            with safe_globals([(_Interaction, name) for name in asked]):
                held = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251  runs no code
    except BadInput:
        raise
    except Exception as error:  # damaged files make the reader raise almost anything
        if isinstance(error, OSError) and error.errno is not None:
            raise StorageError(f"could not read {path}: {error.strerror or error}") from error
        raise BadInput(
            f"{path} is not readable as an interaction saved by EGG: not a whole file of torch.save"
        ) from error
    fields = held if isinstance(held, dict) else getattr(held, "__dict__", {})
    if not isinstance(fields.get("message"), torch.Tensor):
        raise BadInput(f"{path} holds no messages; EGG's logging strategy must store them (store_message=True)")
    return fields


def _array(path: str | Path, name: str, values: Any, n: int) -> NDArray[Any]:
    if not isinstance(values, torch.Tensor):
        raise BadInput(f"{path}: {name} must be a tensor, got {type(values).__name__}")
    try:
        if values.is_complex():
            raise TypeError
        if values.numel() * values.element_size() > max(_MOST_BYTES, values.untyped_storage().nbytes()):
            raise BadInput(
                f"{path}: {name} spreads few numbers over the shape {list(values.shape)}, which is too large"
            )
        plain = values.detach().float() if values.is_floating_point() else values.detach()
        array: NDArray[Any] = plain.numpy()
    except (RuntimeError, TypeError):
        raise BadInput(
            f"{path}: {name} must be a plain tensor of numbers, got {values.layout}, {values.dtype}"
        ) from None
    if array.shape[:1] != (n,) or 0 in array.shape:
        raise BadInput(f"{path}: {name} must have a row for each of {n} messages, got the shape {list(array.shape)}")
    return array


def _messages(path: str | Path, message: Any) -> dict[str, Any]:
    """Return the columns of the messages: ``message``, ``max_length``, ``variable``, and ``symbols`` where known."""
    array = _array(path, "message", message, len(message) if message.ndim else 0)
    columns: dict[str, Any] = {}
    relaxed = array.dtype.kind == "f"
    if relaxed:
        if array.ndim < 2 or array.min() < -1e-4 or not np.allclose(array.sum(-1), 1.0, atol=1e-2):
            raise BadInput(f"{path}: messages are neither symbols nor distributions over symbols; they are continuous")
        columns["symbols"] = array.shape[-1]
        array = array.argmax(axis=-1)
    if array.ndim == 1:
        return {**columns, "message": (array[:, None].astype(np.int64) + 1).tolist(), "variable": False}
    if array.ndim != 2 or array.dtype.kind not in "iu":
        raise BadInput(f"{path}: message must be symbols [n, length], got {array.dtype} {list(array.shape)}")
    if relaxed:
        columns["symbols"] = max(columns["symbols"] - 1, 1)  # EOS is one of the vocabulary
    if array.shape[1] > 1 and not array[:, -1].any():
        array = array[:, :-1]
    return {**columns, "message": array.tolist(), "max_length": array.shape[1], "variable": True}


def _attributes(values: NDArray[Any], name: str) -> dict[str, Any]:
    """Return the columns of the meanings: ``a0..ak``, and ``sizes`` where they are known."""
    rows = values.reshape(len(values), -1)
    if values.ndim <= 3 and np.isfinite(rows).all() and (abs(rows) < _LARGEST).all() and (rows == np.rint(rows)).all():
        coded = rows.dtype.kind in "fb" and np.isin(rows, (0, 1)).all()
        attributes, sizes = _decoded(rows.astype(bool)) if coded else (None, None)
        attributes = rows.astype(np.int64) if attributes is None else attributes
    else:
        told = f"{name} is no table of attributes: meanings are the numbers of its distinct rows, one attribute"
        warnings.warn(told, stacklevel=3)
        keys = [row.tobytes() for row in rows + rows.dtype.type(0)]  # adding 0 turns -0.0 into 0.0
        attributes = pd.factorize(np.array(keys, dtype=object))[0].astype(np.int64)[:, None]
        sizes = None
    columns: dict[str, Any] = {f"a{attribute}": column for attribute, column in enumerate(attributes.T)}
    return columns if sizes is None else {**columns, "sizes": sizes}


def _decoded(codes: NDArray[np.bool_]) -> tuple[IntArray | None, str | None]:
    """Decode concatenated one-hot codes ``[n, features]`` to attributes and, with blocks of equal width, their sizes.

    Blocks of different widths are told apart by the columns in use: the k-th one of every row lies left of all k+1-th.
    """
    n, features = codes.shape
    attributes = int(codes[0].sum())
    if attributes == 0 or (codes.sum(axis=1) != attributes).any():
        return None, None
    columns = np.nonzero(codes)[1].reshape(n, attributes)
    width = features // attributes
    if features % attributes == 0 and (columns // width == np.arange(attributes)).all():
        return columns % width, " ".join([str(width)] * attributes)
    first, last = columns.min(axis=0), columns.max(axis=0)
    return (None, None) if (last[:-1] >= first[1:]).any() else (columns - first, None)
