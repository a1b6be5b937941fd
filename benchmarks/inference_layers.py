"""The layers of `benchmarks.integer_inference`: one set of weights, as floats, as codes, and in a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import save
from torch import Tensor, nn

from benchmarks.settings import EMBEDDING
from emcomm.rng import generator
from emcomm.ternary import (
    Pack,
    Quantised,
    Ternary,
    TernaryGRUCell,
    TernaryLinear,
    activation_codes,
    pack_module,
    read_pack,
)
from emcomm.ternary.options import Activations

__all__ = [
    "KINDS",
    "RECURRENT",
    "ROWS",
    "SYMBOLS",
    "Absent",
    "Inputs",
    "Kind",
    "Layer",
    "Run",
    "Way",
    "cell",
    "held",
    "integer_product",
    "linear",
]

Kind = Literal["linear", "gru"]
KINDS: tuple[Kind, ...] = ("linear", "gru")

SYMBOLS = 4  # of the message that the recurrent layer reads in a call
ROWS = 21  # of its alphabet: 20 symbols and end-of-sequence

LINEAR = Ternary()
RECURRENT = Ternary(scale="twn", activations="unit")

Inputs = tuple[Tensor, ...]
Run = Callable[[Inputs], Tensor]


class Absent(Exception):
    """A kernel is not there, or does not take these shapes; the sentence says why."""


def linear(width: int, ternary: bool = True) -> TernaryLinear:
    """Build emcomm's linear map of `width` numbers to as many."""
    return TernaryLinear(width, width, True, LINEAR if ternary else None)


def cell(width: int, ternary: bool = True) -> TernaryGRUCell:
    """Build emcomm's recurrent cell of that width."""
    return TernaryGRUCell(ROWS, EMBEDDING, width, RECURRENT if ternary else None)


@dataclass(frozen=True)
class Layer:
    """A layer of one width.

    Attributes:
        kind: a linear map of `width` numbers to as many, or a recurrent cell of that width.
        width: how many numbers come out.
        device: where it computes.
        latent: emcomm's ternary module with float weights, as it is trained.
        plain: emcomm's float module with the same weights.
        pack: what the packed file holds.
        file_bytes: size of the packed file.
        float_bytes: size of a file with the float weights.
    """

    kind: Kind
    width: int
    device: str
    latent: Quantised
    plain: Quantised
    pack: Pack
    file_bytes: int
    float_bytes: int

    @staticmethod
    def of(kind: Kind, width: int, device: str = "cpu") -> Layer:
        """Make a layer with random weights, the same at every call; write it to a file and read that back."""
        latent, plain = (
            linear(width, ternary) if kind == "linear" else cell(width, ternary) for ternary in (True, False)
        )
        rng = generator(0, f"benchmarks/integer inference/{kind}/{width}")
        with torch.no_grad():
            for ours, theirs in zip(latent.parameters(), plain.parameters(), strict=True):
                ours.copy_(torch.from_numpy(rng.uniform(-1, 1, ours.shape)) / width**0.5)
                theirs.copy_(ours)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "agent"
            pack_module(file, latent, {"kind": kind, "width": width})
            pack, file_bytes = read_pack(file), file.stat().st_size
        float_bytes = len(save(dict(plain.state_dict())))
        return Layer(kind, width, device, latent.to(device), plain.to(device), pack, file_bytes, float_bytes)

    def inputs(self, batch: int) -> Inputs:
        """What goes in: rows of numbers ``[batch, width]``; or symbols ``[SYMBOLS, batch]`` and a first state."""
        rng = generator(1, f"benchmarks/integer inference/{self.width}/{batch}")
        numbers = torch.from_numpy(rng.uniform(-1, 1, (batch, self.width)).astype("float32")).to(self.device)
        if self.kind == "linear":
            return (numbers,)
        return torch.from_numpy(rng.integers(0, ROWS, (SYMBOLS, batch))).to(self.device), numbers


@dataclass(frozen=True)
class Way:
    """One way to compute a layer.

    Attributes:
        name: what it is called.
        like: what it has to give: ``"float"``, what the float layer gives, up to rounding; ``"codes"``, what the
            ternary layer gives in training, every bit of it; ``"coarse float"`` and ``"coarse codes"``, about that, as
            it rounds in a way of its own.
        run: computes the layer.
        resident: bytes of what it keeps in memory.
        file: bytes of what it is read from.
    """

    name: str
    like: Literal["float", "codes", "coarse float", "coarse codes"]
    run: Run
    resident: int
    file: int


def held(*things: Tensor | nn.Module) -> int:
    """Bytes of tensors, and of all parameters and buffers of modules."""
    total = 0
    for thing in things:
        tensors = [thing] if isinstance(thing, Tensor) else [*thing.parameters(), *thing.buffers()]
        total += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
    return total


def integer_product(
    x: Tensor, mode: Activations, kernel: Callable[[Tensor], Tensor], scale: Tensor, bias: Tensor | None = None
) -> Tensor:
    """A linear map whose product is done by an integer kernel.

    Args:
        x: ``[n, in]``, which is quantised here, as emcomm does it.
        mode: what it is measured in.
        kernel: from codes ``[n, in]``, floats, to their products with the codes of the weights, ``[n, out]``, exact.
        scale: of each row of the weights, ``[1, out]``.
        bias: ``[out]``.
    """
    codes, unit = activation_codes(x, mode)
    out = kernel(codes).to(torch.float32) * (unit * scale)
    return out if bias is None else out + bias
