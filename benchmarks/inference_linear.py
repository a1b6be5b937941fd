"""Ways to compute a linear layer: in float32, from codes, and by the integer kernels that torch has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.inference_layers import Absent, Inputs, Layer, Run, Way, held, integer_product, linear
from emcomm.ternary import Operand, TernaryLinear, fix_codes, pack_trits, project
from emcomm.ternary.quantise import spread
from emcomm.ternary.trits import PER_BYTE

__all__ = ["LINEAR_WAYS", "codes_and_scale", "integer_kernel", "quantised_weight", "trit_bytes", "trit_values"]

_GROUP = 32  # weights that share a scale in torch's 4-bit format


def _plain(layer: Layer) -> Way:
    made = nn.Linear(layer.width, layer.width, device=layer.device)
    made.load_state_dict(layer.plain.state_dict())
    return Way("nn.Linear float32", "float", lambda inputs: made(inputs[0]), held(made), layer.float_bytes)


def _half(layer: Layer) -> Way:
    made = nn.Linear(layer.width, layer.width, device=layer.device)
    made.load_state_dict(layer.plain.state_dict())
    made = made.to(torch.bfloat16)

    def run(inputs: Inputs) -> Tensor:
        out: Tensor = made(inputs[0].to(torch.bfloat16))
        return out.to(torch.float32)

    return Way("nn.Linear bfloat16", "coarse float", run, held(made), layer.float_bytes // 2)


def _ours(layer: Layer) -> Way:
    return Way("emcomm float", "float", lambda inputs: layer.plain(inputs[0]), held(layer.plain), layer.float_bytes)


def _fixed(layer: Layer) -> TernaryLinear:
    made = linear(layer.width)
    fix_codes(made, layer.pack)
    return made.to(layer.device)


def _packed(layer: Layer) -> Way:
    made = _fixed(layer)
    return Way("emcomm packed", "codes", lambda inputs: made(inputs[0]), held(made), layer.file_bytes)


def _decoded(layer: Layer) -> Way:
    made = _fixed(layer)
    weight, bias, options = made.operand("weight"), made.bias, made.options
    assert bias is not None
    weight = Operand(None, weight.values, weight.scale.contiguous() if weight.scale is not None else None)
    size = held(weight.values, made.get_buffer("weight_scales"), bias)
    return Way(
        "decoded once", "codes", lambda inputs: project(inputs[0], weight, bias, options), size, layer.file_bytes
    )


def trit_bytes(codes: Tensor) -> Tensor:
    """Codes as bytes of five trits each."""
    return torch.from_numpy(pack_trits(codes.cpu().numpy()))


def trit_values(device: str) -> Tensor:
    """The five codes of each byte, float32 ``[243, 5]``."""
    powers = 3 ** torch.arange(PER_BYTE, device=device)
    digits = torch.arange(3**PER_BYTE, device=device)[:, None] // powers % 3
    return (digits - 1).to(torch.float32)


def _trits(layer: Layer) -> Way:
    (codes, scale), bias = codes_and_scale(layer, "weight"), _bias(layer)
    packed, table, shape = trit_bytes(codes).to(layer.device), trit_values(layer.device), codes.shape
    options = layer.latent.options

    def run(inputs: Inputs) -> Tensor:
        values = table.index_select(0, packed.to(torch.int32)).flatten()[: shape.numel()].view(shape)
        return project(inputs[0], Operand(None, values, scale.mT), bias, options)

    groups = layer.pack.ternary["weight"].scales
    return Way("five trits a byte", "codes", run, held(packed, table, groups, bias), layer.file_bytes)


def codes_and_scale(layer: Layer, name: str) -> tuple[Tensor, Tensor]:
    """Codes int8 ``[out, in]`` of a packed weight, and the scale of each row ``[1, out]``."""
    trits = layer.pack.ternary[name]
    scale = spread(trits.scales, len(trits.codes)).unsqueeze(0)
    return trits.codes.to(layer.device), scale.to(layer.device)


def _bias(layer: Layer) -> Tensor:
    return layer.pack.rest["bias"].to(layer.device)


def integer_kernel(codes: Tensor) -> Callable[[Tensor], Tensor]:
    """The product of int8 codes with `codes` ``[out, in]`` by `torch._int_mm`, which is private.

    Raises:
        Absent: this torch has it not.
    """
    product = getattr(torch, "_int_mm", None)
    if product is None:
        raise Absent("torch has no _int_mm")
    turned = codes.mT
    return lambda x: product(x.to(torch.int8), turned)


def _by_kernel(name: str, layer: Layer, make: Callable[[Tensor], tuple[Callable[[Tensor], Tensor], int]]) -> Way:
    """A way whose product is done by a kernel made from the codes, which keeps as many bytes as `make` says."""
    (codes, scale), bias = codes_and_scale(layer, "weight"), _bias(layer)
    kernel, size = make(codes)
    run: Run = lambda inputs: integer_product(inputs[0], "token", kernel, scale, bias)  # noqa: E731
    return Way(name, "codes", run, size + held(layer.pack.ternary["weight"].scales, bias), layer.file_bytes)


def _int_mm(layer: Layer) -> Way:
    return _by_kernel("torch._int_mm", layer, lambda codes: (integer_kernel(codes), held(codes)))


def _weight_only(layer: Layer) -> Way:
    def make(codes: Tensor) -> tuple[Callable[[Tensor], Tensor], int]:
        ones = torch.ones(len(codes), device=codes.device)
        return lambda x: torch.ops.aten._weight_int8pack_mm(x, codes, ones), held(codes, ones)

    return _by_kernel("_weight_int8pack_mm", layer, make)


def _four_bits(layer: Layer) -> Way:
    def make(codes: Tensor) -> tuple[Callable[[Tensor], Tensor], int]:
        if layer.device != "cpu":
            raise Absent("not in this format on a GPU")
        if layer.width % _GROUP:
            raise Absent(f"takes multiples of {_GROUP}")
        kept = torch.ops.aten._convert_weight_to_int4pack_for_cpu(codes.to(torch.int32) + 8, 1)
        units = torch.zeros(layer.width // _GROUP, layer.width, 2)  # a scale of 1 and a zero of 0 each
        units[..., 0] = 1
        product = torch.ops.aten._weight_int4pack_mm_for_cpu
        return lambda x: product(x, kept, _GROUP, units), held(kept, units)

    return _by_kernel("_weight_int4pack_mm", layer, make)


def _onednn(layer: Layer) -> Way:
    def make(codes: Tensor) -> tuple[Callable[[Tensor], Tensor], int]:
        if layer.device != "cpu" or not hasattr(torch.ops.onednn, "qlinear_pointwise"):
            raise Absent("for processors with oneDNN")
        kept = torch.ops.onednn.qlinear_prepack(codes, None)
        ones, zeros = torch.ones(len(codes)), torch.zeros(len(codes), dtype=torch.int64)
        product = torch.ops.onednn.qlinear_pointwise
        rest: tuple[Any, ...] = (ones, zeros, None, 1.0, 0, torch.float32, "none", [], "")
        shift = 128  # codes -127..127 as unsigned bytes, with their zero at 128
        return lambda x: product((x + shift).to(torch.uint8), 1.0, shift, kept, *rest), held(codes, ones, zeros)

    return _by_kernel("oneDNN u8 x s8", layer, make)


def quantised_weight(layer: Layer, name: str, bias: Tensor) -> torch.ScriptObject:
    """A packed weight as torch's dynamically quantised layers hold it: codes as they are, a scale for each row.

    Raises:
        Absent: they compute on processors only.
    """
    if layer.device != "cpu":
        raise Absent("for processors only")
    codes, scale = codes_and_scale(layer, name)
    rows = scale[0].to(torch.float64)
    weight = torch._make_per_channel_quantized_tensor(codes, rows, torch.zeros(len(rows), dtype=torch.int64), 0)
    return torch.ops.quantized.linear_prepack(weight, bias)


def _dynamic(layer: Layer) -> Way:
    (codes, scale), bias = codes_and_scale(layer, "weight"), _bias(layer)
    kept = quantised_weight(layer, "weight", bias)
    product = torch.ops.quantized.linear_dynamic
    return Way(
        "quantized.linear_dynamic",
        "coarse codes",
        lambda inputs: product(inputs[0], kept, False),
        held(codes, scale.to(torch.float64), bias),
        layer.file_bytes,
    )


LINEAR_WAYS: dict[str, Callable[[Layer], Way]] = {
    "nn.Linear float32": _plain,
    "emcomm float": _ours,
    "emcomm packed": _packed,
    "decoded once": _decoded,
    "five trits a byte": _trits,
    "torch._int_mm": _int_mm,
    "oneDNN u8 x s8": _onednn,
    "quantized.linear_dynamic": _dynamic,
    "nn.Linear bfloat16": _half,
    "_weight_int8pack_mm": _weight_only,
    "_weight_int4pack_mm": _four_bits,
}
"""What makes each way from a layer, by name; the first is what the others are compared with."""
