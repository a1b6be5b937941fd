"""How a layer is ternary, and the published recipes as presets.

`Ternary` says how weights and activations become integers. A normalisation is no part of it: it belongs to the
architecture, at whatever share of the quantiser, so that a float control can have it as well.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from emcomm.config import Config
from emcomm.errors import unknown

__all__ = ["PRESETS", "Activations", "Norm", "Per", "Preset", "Scale", "Ternary", "preset"]

Scale = Literal["absmean", "absmedian", "twn"]
Per = Literal["tensor", "gate", "row"]
Activations = Literal["token", "unit", "none"]
Norm = Literal["none", "rms", "layer"]


class Ternary(Config):
    """How the weights and inputs of a layer become integers.

    Args:
        scale: what latent weights are measured in, over each block that has a scale of its own.
            ``"absmean"``: their mean size; ``"absmedian"``: their median size (the lower one of two); ``"twn"``: those
            above 0.7 of the mean size count, and their mean size is the scale.
        per: which weights share a scale: all of them, those of one gate of a fused matrix (of which a plain layer has
            one), or those of one output.
        activations: what inputs are measured in. ``"token"``: the largest of a feature vector is 127; ``"unit"``: 1 is
            127, for recurrent states, which lie in (-1, 1), and what is beyond saturates; ``"none"``: they stay floats,
            which tells what weights cost from what activations cost, and products are no longer exact.
        eps: least measure, > 0: of a block of weights (smaller ones become zeros) and of a feature vector's largest.

    Source: Ma et al. 2024 (BitNet b1.58: absmean, tokens); Nielsen & Schneider-Kamp 2024 (BitNet b1.58 Reloaded:
    absmedian); Li et al. 2016 (ternary weight networks). Deviations: activations are symmetric (never -128), gates have
    scales of their own (as in Hou et al. 2019), states are measured in a fixed unit, and the threshold of "twn" is
    followed by the same straight-through estimate as the other two.
    """

    scale: Scale = "absmean"
    per: Per = "gate"
    activations: Activations = "token"
    eps: float = Field(default=1e-5, gt=0.0, allow_inf_nan=False)


class Preset(Config):
    """A published recipe: the quantiser, and the normalisations that are part of its architecture.

    Args:
        ternary: the quantiser; None gives a float control of the same architecture.
        norm: normalisation of what goes into a linear map or convolution.
        gate_norm: normalisation of each gate's pre-activation in a recurrent cell.
    """

    ternary: Ternary | None
    norm: Norm = "none"
    gate_norm: Norm = "none"

    def control(self) -> Preset:
        """The same architecture without the quantiser."""
        return Preset(ternary=None, norm=self.norm, gate_norm=self.gate_norm)


PRESETS: dict[str, Preset] = {
    "bitnet": Preset(ternary=Ternary(), norm="rms"),
    "reloaded": Preset(ternary=Ternary(scale="absmedian"), norm="layer"),
    "rnn": Preset(ternary=Ternary(scale="twn", activations="unit"), gate_norm="layer"),
}
"""The recipes by name. ``"rnn"`` is for cells; give maps of other things than states ``activations="token"``."""


def preset(name: str) -> Preset:
    """A recipe by name.

    Args:
        name: ``"bitnet"``, ``"reloaded"`` or ``"rnn"``.

    Raises:
        BadInput: there is none of that name.

    Source: Ma et al. 2024; Nielsen & Schneider-Kamp 2024; Hou et al. 2019 (normalised gates, thresholded weights).
    Deviation: none of the normalisations has parameters, and each is over the features of one sample.
    """
    if name not in PRESETS:
        raise unknown("recipe", name, PRESETS)
    return PRESETS[name]
