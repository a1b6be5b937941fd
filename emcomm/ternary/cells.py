"""Recurrent cells with ternary weights, written for a whole stack of runs.

Inputs are symbols, so their products are done once a pass for the alphabet (`table`) and looked up; the codes of the
recurrent weights are made then, too. Embeddings and biases stay floats. Each gate has a scale of its own, a state is
measured in a fixed unit (``activations="unit"``) rather than by its largest number, and if anything is normalised, it
is each gate's pre-activation, input and state apart: normalising the state itself would throw away its size.

Source: Ott et al. 2016 and Ardakani et al. 2019 (recurrent nets want ternary rather than binary weights), Hou et al.
2019 (a scale for each gate, normalised pre-activations, the bias after them). Deviations: the normalisations have no
gain, scales are measured rather than fixed, the state is quantised too, nothing is stochastic.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding as pick

from emcomm.ternary.linear import project
from emcomm.ternary.normalise import normalise, sigmoid
from emcomm.ternary.operands import Operand
from emcomm.ternary.options import Norm, Ternary
from emcomm.ternary.quantise import check_sizes
from emcomm.ternary.quantised import Quantised

__all__ = ["TernaryCell", "TernaryGRUCell", "TernaryLSTMCell", "TernaryRNNCell"]


class TernaryCell(Quantised):
    """What the cells have in common: an alphabet, its input products, and normalised pre-activations.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the output.
        options: how it is ternary; None: a float cell of the same architecture.
        gate_norm: normalisation of each gate's pre-activation, at every share.
        remember: start with a bias of 1 on the second gate, which keeps the state.

    Attributes:
        gates: fused along the rows of both weight matrices; input products of a row, in multiples of `hidden`.
        parts: width of the state, in multiples of `hidden`; the output is its first part.
    """

    gates: ClassVar[int] = 1
    parts: ClassVar[int] = 1

    def __init__(
        self,
        rows: int,
        embedding: int,
        hidden: int,
        options: Ternary | None = None,
        gate_norm: Norm = "none",
        remember: bool = False,
    ) -> None:
        count = self.gates
        super().__init__(options, {"input_weight": count, "hidden_weight": count})
        check_sizes(max(embedding, hidden), count * hidden, count)
        bound = 1 / math.sqrt(hidden)
        self.hidden = hidden
        self.gate_norm: Norm = gate_norm
        self.embedding = nn.Parameter(torch.randn(rows, embedding))
        self.input_weight = nn.Parameter(torch.empty(count * hidden, embedding).uniform_(-bound, bound))
        self.input_bias = nn.Parameter(torch.empty(count * hidden).uniform_(-bound, bound))
        self.hidden_weight = nn.Parameter(torch.empty(count * hidden, hidden).uniform_(-bound, bound))
        if remember:
            with torch.no_grad():
                self.input_bias[hidden : 2 * hidden] = 1.0
        self._furnish(bound)
        self._recurrent: Operand | None = None

    def _furnish(self, bound: float) -> None:
        """Add what parameters a cell has beside these, of first numbers within the bound."""

    def table(self) -> Tensor:
        """Begin a pass: the input products of every row of the alphabet, ``[*stack, rows, gates hidden]``.

        Embeddings lie outside (-1, 1), so they are quantised by tokens where states have a fixed unit. The recurrent
        weights of the pass are fixed here as well: call it again after parameters or shares have changed.
        """
        self._recurrent = self.operand("hidden_weight")
        options = self.options
        if options is not None and options.activations == "unit":
            options = options.model_copy(update={"activations": "token"})
        products = project(self.embedding, self.operand("input_weight"), None, options, self.share)
        return self._normalised(products) + self.input_bias.unsqueeze(-2)

    def begin(self, first: Tensor) -> Tensor:
        """A state whose output is ``tanh(first)``, so that it lies in (-1, 1) as all later ones do; the rest is 0.

        Args:
            first: ``[*stack, n, hidden]``.

        Returns:
            ``[*stack, n, parts hidden]``.
        """
        state = torch.tanh(first)
        if self.parts == 1:
            return state
        return torch.cat([state, state.new_zeros(*state.shape[:-1], (self.parts - 1) * self.hidden)], -1)

    def output(self, state: Tensor) -> Tensor:
        """The part of a state that others see: ``[*stack, ..., hidden]``, in (-1, 1)."""
        return state if self.parts == 1 else state[..., : self.hidden]

    def forward(self, table: Tensor, index: Tensor | None, state: Tensor, hold: Tensor | None = None) -> Tensor:
        """Advance the state by one symbol.

        Args:
            table: from `table` in this pass, or any input products ``[*stack, n, gates hidden]`` when `index` is None.
            index: int64 ``[*stack, n]``, the row of the table each sample reads; None: sample i reads row i.
            state: ``[*stack, n, parts hidden]``. With ``activations="unit"`` outputs must lie in [-1, 1]: beyond, they
                saturate.
            hold: bool ``[*stack, n]``; True keeps that sample's state and stops its gradient to the weights.

        Returns:
            ``[*stack, n, parts hidden]``, its output in (-1, 1) when that of `state` is.
        """
        after = self._step(_looked_up(table, index), state)
        return after if hold is None else torch.where(hold.unsqueeze(-1), state, after)

    def _step(self, inputs: Tensor, state: Tensor) -> Tensor:
        """The state after inputs ``[*stack, n, gates hidden]``."""
        raise TypeError(f"{type(self).__name__} does not define _step()")

    def _state_products(self, state: Tensor) -> Tensor:
        """Pre-activations from a state ``[*stack, n, hidden]``: ``[*stack, n, gates hidden]``, no bias."""
        assert self._recurrent is not None, "table() comes before forward()"
        return self._normalised(project(state, self._recurrent, None, self.options, self.share))

    def _normalised(self, products: Tensor) -> Tensor:
        if self.gate_norm == "none":
            return products
        return normalise(products.unflatten(-1, (self.gates, self.hidden)), self.gate_norm).flatten(-2)


def _looked_up(table: Tensor, index: Tensor | None) -> Tensor:
    """The rows of the table that samples read, each member of the stack from its own table."""
    if index is None:
        return table
    rows, width = table.shape[-2:]
    tables = torch.arange(table.shape[:-2].numel(), device=index.device).reshape(*table.shape[:-2], 1)
    return pick(index + tables * rows, table.reshape(-1, width))


class TernaryRNNCell(TernaryCell):
    """A recurrent cell without gates, with ternary weights over an alphabet, for one run or a stack.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the state.
        options: how it is ternary; None: a float cell of the same architecture.
        gate_norm: normalisation of the pre-activation, input and state apart, at every share.

    Source: Elman 1990 (``h' = tanh(x + W h)``); the module's docstring for what is ternary.
    """

    def __init__(
        self, rows: int, embedding: int, hidden: int, options: Ternary | None = None, gate_norm: Norm = "none"
    ) -> None:
        super().__init__(rows, embedding, hidden, options, gate_norm)

    def _step(self, inputs: Tensor, state: Tensor) -> Tensor:
        return torch.tanh(inputs + self._state_products(state))


class TernaryGRUCell(TernaryCell):
    """A gated recurrent unit with ternary weights over an alphabet, for one run or a stack.

    Gates in order: reset, update, new. Parameters are named and shaped as in the float unit, so one's can be the
    other's.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the state.
        options: how it is ternary; None: a float cell of the same architecture.
        gate_norm: normalisation of each gate's pre-activation, at every share.
        remember: start with a bias of 1 on the update gate, which keeps the state.

    Source: Cho et al. 2014, in the variant of `torch.nn.GRU` (reset gate after the hidden product); the module's
    docstring for what is ternary.
    """

    gates: ClassVar[int] = 3

    def _furnish(self, bound: float) -> None:
        self.candidate_bias = nn.Parameter(torch.empty(self.hidden).uniform_(-bound, bound))

    def _step(self, inputs: Tensor, state: Tensor) -> Tensor:
        products, split = self._state_products(state), 2 * self.hidden
        reset, update = sigmoid(inputs[..., :split] + products[..., :split]).chunk(2, -1)
        candidate = products[..., split:] + self.candidate_bias.unsqueeze(-2)
        new = torch.tanh(inputs[..., split:] + reset * candidate)
        return new + update * (state - new)


class TernaryLSTMCell(TernaryCell):
    """A long short-term memory cell with ternary weights over an alphabet, for one run or a stack.

    Gates in order: input, forget, output, new. A state is output and memory side by side, ``[*stack, n, 2 hidden]``.
    There is one bias, of the inputs.

    Args:
        rows: size of the alphabet it reads, every special row included.
        embedding: width of a row's embedding.
        hidden: width of the output, and of the memory.
        options: how it is ternary; None: a float cell of the same architecture.
        gate_norm: normalisation of each gate's pre-activation, at every share.
        remember: start with a bias of 1 on the forget gate, which keeps the memory.

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000 and, for `remember`, Jozefowicz et
    al. 2015; the module's docstring for what is ternary. The memory is neither quantised nor normalised.
    """

    gates: ClassVar[int] = 4
    parts: ClassVar[int] = 2

    def _step(self, inputs: Tensor, state: Tensor) -> Tensor:
        memory, split = state[..., self.hidden :], 3 * self.hidden
        gates = inputs + self._state_products(self.output(state))
        take, forget, give = sigmoid(gates[..., :split]).chunk(3, -1)
        memory = forget * memory + take * torch.tanh(gates[..., split:])
        return torch.cat([give * torch.tanh(memory), memory], -1)
