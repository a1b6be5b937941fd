"""Where the parts of agents that multiply by weights are made: affine maps and recurrent cells.

Every agent of emcomm gets them here and nowhere else, so that what they are made of is decided in one place.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from emcomm.agents.arithmetic import FLOAT, Arithmetic
from emcomm.agents.cell import Cell, GRUCell
from emcomm.agents.functions import linear, product
from emcomm.agents.lstm_cell import LSTMCell
from emcomm.agents.rnn_cell import RNNCell
from emcomm.ternary import TernaryCell, TernaryGRUCell, TernaryLinear, TernaryLSTMCell, TernaryRNNCell

__all__ = ["Affine", "CellKind", "affine", "recurrent_cell"]

CellKind = Literal["gru", "lstm", "rnn"]
CELLS: dict[CellKind, type[Cell]] = {"gru": GRUCell, "lstm": LSTMCell, "rnn": RNNCell}
TERNARY_CELLS: dict[CellKind, type[TernaryCell]] = {
    "gru": TernaryGRUCell,
    "lstm": TernaryLSTMCell,
    "rnn": TernaryRNNCell,
}


class Affine(nn.Linear):
    """An affine map with weights of its own for each member of a stack; for one run it is `torch.nn.Linear`.

    Args:
        inputs: numbers that go in.
        outputs: numbers that come out.
        bias: whether a bias is added.
        products: precision of the matrix product, float32 or bfloat16; the result is float32.
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = True, products: torch.dtype = torch.float32) -> None:
        super().__init__(inputs, outputs, bias)
        self.products = products

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, n, ..., inputs]`` to float32 ``[*stack, n, ..., outputs]``."""
        extra = x.dim() - self.weight.dim()
        flat = x.flatten(-2 - extra, -2) if extra else x
        if self.bias is None:
            out = product(flat, self.weight.mT, self.products)
        else:
            out = linear(flat, self.weight, self.bias, self.products)
        return out.unflatten(-2, x.shape[-2 - extra : -1]) if extra else out


def affine(inputs: int, outputs: int, arithmetic: Arithmetic = FLOAT, bias: bool = True, fused: int = 1) -> nn.Module:
    """Make an affine map ``[*stack, n, ..., inputs] -> [*stack, n, ..., outputs]``.

    Args:
        inputs: numbers that go in.
        outputs: numbers that come out.
        arithmetic: what it computes with.
        bias: whether a bias is added.
        fused: how many maps it is made of, side by side; ternary ones have a scale each.

    Raises:
        BadInput: sizes that a ternary map cannot have.
    """
    if arithmetic.recipe is None:
        return Affine(inputs, outputs, bias, arithmetic.products)
    return TernaryLinear(inputs, outputs, bias, arithmetic.of_maps, arithmetic.recipe.norm, fused)


def recurrent_cell(
    kind: CellKind, rows: int, embedding: int, hidden: int, arithmetic: Arithmetic = FLOAT
) -> Cell | TernaryCell:
    """Make a recurrent cell.

    Args:
        kind: ``"gru"``, ``"lstm"`` or ``"rnn"``.
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of its output.
        arithmetic: what it computes with.

    Raises:
        BadInput: sizes that a ternary cell cannot have.
    """
    if arithmetic.recipe is None:
        return CELLS[kind](rows, embedding, hidden, arithmetic.products)
    recipe = arithmetic.recipe
    return TERNARY_CELLS[kind](rows, embedding, hidden, recipe.ternary, recipe.gate_norm)
