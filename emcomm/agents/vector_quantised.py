"""Speakers that say the codebook vector nearest to what they mean."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import PositiveFloat, PositiveInt
from torch import Tensor, nn

from emcomm.agents.arithmetic import FLOAT, Arithmetic
from emcomm.agents.functions import product
from emcomm.agents.layers import CellKind, affine
from emcomm.agents.recurrent import Recurrent

__all__ = ["Codebook", "VectorQuantised"]


class VectorQuantised(Recurrent):
    """Gated recurrent agents whose speaker has a learned vector for each symbol, and says the one nearest to its state.

    Symbols whose vectors are close are confused with each other more often than with others. For a bottleneck on how
    much is said, add the pressure `InformationBottleneck`.

    Args:
        hidden: width of the recurrent state.
        embedding: width of a symbol's embedding, as it is read.
        encoder: how meanings are seen, by speakers and by listeners that point.
        reading: what listeners answer from: ``"last"``, the last state, or ``"attention"``, an average of all states.
        dimensions: of the codebook; the state is projected into them.
        temperature: > 0; the smaller, the more certainly the nearest is said.
        precision: ``"float"`` or ``"ternary"``; see `Precise`.
        recipe: how it is ternary; see `Precise`.

    Source: after Tucker et al. 2022 (VQ-VIB), which add Gaussian noise to a latent vector, say the nearest of a learned
    codebook (van den Oord et al. 2017), and penalise the KL divergence of the latent from a prior. Deviations: what
    is said is sampled by its distance (logits = -squared distance / temperature), and the noise of sampling stands in
    for the Gaussian one; the estimator's gradient reaches the codebook through these logits, so that there is neither
    a straight-through copy nor a codebook or commitment loss; the KL term is a pressure of its own, on the symbols
    rather than on the latent; the listener hears which vector was said, not the vector, and learns its own
    embedding; a message is a sequence of symbols from a recurrent speaker, where theirs is one latent vector that is
    quantised; the end of a message has a codebook vector like any symbol.
    """

    name: ClassVar[str] = "vector_quantised"
    cell: ClassVar[CellKind] = "gru"
    dimensions: PositiveInt = 16
    temperature: PositiveFloat = 0.5

    def saying(self, columns: int, arithmetic: Arithmetic) -> nn.Module:
        return Codebook(self.hidden, columns, self.dimensions, self.temperature, arithmetic)


class Codebook(nn.Module):
    """Logits by the distance of a projected state to a learned vector for each choice.

    Args:
        hidden: width of a state.
        columns: choices.
        dimensions: of the codebook.
        temperature: what squared distances are divided by.
        arithmetic: what its maps compute with.
    """

    def __init__(
        self, hidden: int, columns: int, dimensions: int, temperature: float, arithmetic: Arithmetic = FLOAT
    ) -> None:
        super().__init__()
        self.temperature, self.dtype = temperature, arithmetic.products
        self.project = affine(hidden, dimensions, arithmetic)
        self.codes = nn.Parameter(torch.randn(columns, dimensions) / dimensions**0.5)

    def forward(self, state: Tensor) -> Tensor:
        """Map states ``[*stack, n, hidden]`` to ``-|projection - code|^2 / temperature``, ``[*stack, n, columns]``."""
        point = self.project(state)
        squares = point.square().sum(-1, keepdim=True) + self.codes.square().sum(-1).unsqueeze(-2)
        return (2 * product(point, self.codes.mT, self.dtype) - squares) / self.temperature
