"""Linear maps with ternary weights.

At share 1 the product is one of integers, which float32 sums exactly; the scales come after it and the bias after them:
``y = (codes_x codes_w^T) (s_x s_w) + b``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from emcomm.ternary.normalise import normalise
from emcomm.ternary.operands import Operand, activation_operand, multiply, weight_operand
from emcomm.ternary.options import Norm, Ternary
from emcomm.ternary.quantise import check_sizes
from emcomm.ternary.quantised import Quantised

__all__ = ["TernaryLinear", "project", "ternary_linear"]


def ternary_linear(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    options: Ternary | None,
    share: Tensor | float = 1.0,
    gates: int = 1,
) -> Tensor:
    """Affine map with ternary weights, one weight matrix for each member of the stack.

    Args:
        x: ``[*stack, ..., in]``.
        weight: latent, ``[*stack, out, in]``.
        bias: ``[*stack, out]``, outside of all scales; or None.
        options: how it is ternary; None: a plain map.
        share: ``[*stack]`` or a number, in [0, 1]. At 0 the result is the plain map's, bit for bit; at 1 the product is
            exact, whatever the batch size, the order of the features and the number of threads.
        gates: see `weight_codes`.

    Returns:
        ``[*stack, ..., out]``; gradients flow to `x` and `weight` straight through the codes of the other, and to
        `bias`.

    Source: Ma et al. 2024. Deviations: see `Ternary`; no normalisation of its own; the bias, which they have not.
    """
    return project(x, weight_operand(weight, options, share, gates), bias, options, share)


def project(
    x: Tensor, weight: Operand, bias: Tensor | None, options: Ternary | None, share: Tensor | float = 1.0
) -> Tensor:
    """`ternary_linear` with weights that were made an operand before, for maps used many times in a pass."""
    stack = weight.values.dim() - 2
    between = x.shape[stack:-1]
    rows = activation_operand(x.reshape(*x.shape[:stack], math.prod(between), x.shape[-1]), options, share)
    out = multiply(rows, weight, bias)
    return out.reshape(*x.shape[:stack], *between, out.shape[-1])


class TernaryLinear(Quantised):
    """A linear map with ternary weights, for one run or a stack.

    Args:
        inputs: features that come in.
        outputs: features that go out.
        bias: whether a bias is added.
        options: how it is ternary; None: a float map of the same architecture.
        norm: normalisation of each feature vector that comes in, at every share.
        gates: how many maps are fused along the outputs, each with a scale of its own if ``options.per`` is "gate".

    Raises:
        BadInput: too many inputs for exact sums, or outputs that cannot be split into `gates`.

    Source: see `ternary_linear`; first weights as in `torch.nn.Linear`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bias: bool = True,
        options: Ternary | None = None,
        norm: Norm = "none",
        gates: int = 1,
    ) -> None:
        super().__init__(options, {"weight": gates})
        check_sizes(inputs, outputs, gates)
        bound = 1 / math.sqrt(max(1, inputs))
        self.norm: Norm = norm
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[*stack, ..., inputs]`` to ``[*stack, ..., outputs]``."""
        return project(normalise(x, self.norm), self.operand("weight"), self.bias, self.options, self.share)
