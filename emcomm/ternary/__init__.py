"""Layers with weights of -1, 0 and 1 (1.58 bits), for one run or a whole stack of runs.

| to | use |
|---|---|
| say how a layer is ternary | `Ternary`, `Preset`, `preset` |
| build | `TernaryLinear`, `TernaryConv2d`, `TernaryGRUCell`, `TernaryLSTMCell`, `TernaryRNNCell` |
| build larger | `Attention`, `FeedForward`, `GraphLayer` |
| go from floats to codes in training | `Schedule`, `set_share` |
| look at training | `ternary_tensors`, `zero_share`, `flip_rate`, `saturation`, `watching` |
| write and read packed modules | `pack_module`, `read_pack`, `fix_codes`, `size_report` |
| work on tensors | `weight_codes`, `activation_codes`, `straight_through`, `ternary_linear`, `ternary_conv2d` |

Whole agents are packed and loaded by `emcomm.agents.pack_agent` and `load_packed`.

Every layer without options is a float layer of the same architecture. What is gained is size, not speed: products are
done on floats that hold integers.
"""

from __future__ import annotations

from emcomm.ternary.blocks import Attention, FeedForward, GraphLayer
from emcomm.ternary.cells import TernaryCell, TernaryGRUCell, TernaryLSTMCell, TernaryRNNCell
from emcomm.ternary.conv import TernaryConv2d, ternary_conv2d
from emcomm.ternary.fixing import fix_codes, pack_module
from emcomm.ternary.health import flip_rate, saturation, zero_share
from emcomm.ternary.linear import TernaryLinear, project, ternary_linear
from emcomm.ternary.normalise import normalise, sigmoid
from emcomm.ternary.operands import Operand, activation_operand, multiply, weight_operand
from emcomm.ternary.options import PRESETS, Activations, Norm, Per, Preset, Scale, Ternary, preset
from emcomm.ternary.pack import Pack, read_header, read_pack, write_pack
from emcomm.ternary.quantise import activation_codes, straight_through, weight_codes
from emcomm.ternary.quantised import Quantised, begin_pass, quantised, set_share, ternary_tensors
from emcomm.ternary.schedule import Schedule
from emcomm.ternary.size import SizeReport, size_report
from emcomm.ternary.stacking import in_vmap, stack_product
from emcomm.ternary.trits import Trits, pack_trits, unpack_trits
from emcomm.ternary.watching import Watch, watched, watching

__all__ = [
    "PRESETS",
    "Activations",
    "Attention",
    "FeedForward",
    "GraphLayer",
    "Norm",
    "Operand",
    "Pack",
    "Per",
    "Preset",
    "Quantised",
    "Scale",
    "Schedule",
    "SizeReport",
    "Ternary",
    "TernaryCell",
    "TernaryConv2d",
    "TernaryGRUCell",
    "TernaryLSTMCell",
    "TernaryLinear",
    "TernaryRNNCell",
    "Trits",
    "Watch",
    "activation_codes",
    "activation_operand",
    "begin_pass",
    "fix_codes",
    "flip_rate",
    "in_vmap",
    "multiply",
    "normalise",
    "pack_module",
    "pack_trits",
    "preset",
    "project",
    "quantised",
    "read_header",
    "read_pack",
    "saturation",
    "set_share",
    "sigmoid",
    "size_report",
    "stack_product",
    "straight_through",
    "ternary_conv2d",
    "ternary_linear",
    "ternary_tensors",
    "unpack_trits",
    "watched",
    "watching",
    "weight_codes",
    "weight_operand",
    "write_pack",
    "zero_share",
]
