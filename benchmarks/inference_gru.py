"""Ways to compute a recurrent layer that reads a message: in float32, from codes, and by integer kernels of torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.inference_layers import RECURRENT, ROWS, Absent, Inputs, Layer, Way, held, integer_product
from benchmarks.inference_layers import cell as new_cell
from benchmarks.inference_linear import (
    codes_and_scale,
    integer_kernel,
    quantised_weight,
    trit_bytes,
    trit_values,
)
from benchmarks.settings import EMBEDDING
from emcomm.ternary import Operand, TernaryGRUCell, fix_codes

__all__ = ["GRU_WAYS", "IntegerGRU", "TritGRU"]


def _read(cell: TernaryGRUCell, inputs: Inputs) -> Tensor:
    """Let one of emcomm's cells read a message; its input products and codes are made once for all symbols."""
    symbols, state = inputs
    table = cell.table()
    for row in symbols:
        state = cell(table, row, state)
    return state


def _other_bias(candidate: Tensor) -> Tensor:
    """The bias that `nn.GRUCell` adds to products of the state, of which emcomm's cell has that of the candidate."""
    return torch.cat([candidate.new_zeros(2 * len(candidate)), candidate])


def _plain(layer: Layer) -> Way:
    looked, made = nn.Embedding(ROWS, EMBEDDING), nn.GRUCell(EMBEDDING, layer.width)
    ours = layer.plain.state_dict()
    looked.load_state_dict({"weight": ours["embedding"]})
    made.load_state_dict(
        {
            "weight_ih": ours["input_weight"],
            "weight_hh": ours["hidden_weight"],
            "bias_ih": ours["input_bias"],
            "bias_hh": _other_bias(ours["candidate_bias"]),
        }
    )
    looked, made = looked.to(layer.device), made.to(layer.device)

    def run(inputs: Inputs) -> Tensor:
        symbols, state = inputs
        for row in symbols:
            state = made(looked(row), state)
        return state

    return Way("nn.GRUCell float32", "float", run, held(looked, made), layer.float_bytes)


def _ours(layer: Layer) -> Way:
    cell = layer.plain
    assert isinstance(cell, TernaryGRUCell)
    return Way("emcomm float", "float", lambda inputs: _read(cell, inputs), held(cell), layer.float_bytes)


def _fixed(layer: Layer, made: TernaryGRUCell) -> None:
    """Give a cell the codes of the file, and move it to its device."""
    fix_codes(made, layer.pack)
    made.to(layer.device)


def _packed(layer: Layer) -> Way:
    cell = new_cell(layer.width)
    _fixed(layer, cell)
    return Way("emcomm packed", "codes", lambda inputs: _read(cell, inputs), held(cell), layer.file_bytes)


def _decoded(layer: Layer) -> Way:
    cell = new_cell(layer.width)
    _fixed(layer, cell)
    table = cell.table()

    def run(inputs: Inputs) -> Tensor:
        symbols, state = inputs
        for row in symbols:
            state = cell(table, row, state)
        return state

    codes = cell.get_buffer("hidden_weight_codes")
    size = 4 * codes.numel() + held(table, cell.get_buffer("hidden_weight_scales"), cell.candidate_bias)
    return Way("decoded once", "codes", run, size, layer.file_bytes)


class TritGRU(TernaryGRUCell):
    """A packed cell that keeps five trits in a byte, and decodes them once a message."""

    def keep(self) -> None:
        """Put bytes in the place of codes."""
        self.shapes: dict[str, torch.Size] = {}
        for name in self.fused:
            codes = self.get_buffer(f"{name}_codes")
            self.shapes[name] = codes.shape
            self.register_buffer(f"{name}_codes", trit_bytes(codes).to(codes.device))
        self.register_buffer("decoding", trit_values(str(self.embedding.device)))

    def operand(self, name: str) -> Operand:
        shape, packed = self.shapes[name], self.get_buffer(f"{name}_codes").to(torch.int32)
        values = self.get_buffer("decoding").index_select(0, packed).flatten()[: shape.numel()].view(shape)
        scales = self.get_buffer(f"{name}_scales").repeat_interleave(self.hidden)
        return Operand(None, values, scales.unsqueeze(-1))


def _trits(layer: Layer) -> Way:
    cell = TritGRU(ROWS, EMBEDDING, layer.width, RECURRENT)
    _fixed(layer, cell)
    cell.keep()
    return Way("five trits a byte", "codes", lambda inputs: _read(cell, inputs), held(cell), layer.file_bytes)


class IntegerGRU(TernaryGRUCell):
    """A packed cell whose products are done by `torch._int_mm`."""

    def keep(self, layer: Layer) -> None:
        """Get the kernels ready.

        Raises:
            Absent: this torch has none.
        """
        read, self.read_scale = codes_and_scale(layer, "input_weight")
        self.read = integer_kernel(read)
        again, self.again_scale = codes_and_scale(layer, "hidden_weight")
        self.again = integer_kernel(again)

    def table(self) -> Tensor:
        return integer_product(self.embedding, "token", self.read, self.read_scale, self.input_bias)

    def _state_products(self, state: Tensor) -> Tensor:
        return integer_product(state, "unit", self.again, self.again_scale)


def _int_mm(layer: Layer) -> Way:
    cell = IntegerGRU(ROWS, EMBEDDING, layer.width, RECURRENT)
    _fixed(layer, cell)
    cell.keep(layer)
    return Way("torch._int_mm", "codes", lambda inputs: _read(cell, inputs), held(cell), layer.file_bytes)


def _dynamic(layer: Layer) -> Way:
    product = getattr(torch.ops.quantized, "quantized_gru_cell_dynamic", None)
    if product is None:
        raise Absent("torch has no quantized_gru_cell_dynamic")
    rest = {name: tensor.to(layer.device) for name, tensor in layer.pack.rest.items()}
    read_bias, state_bias = rest["input_bias"], _other_bias(rest["candidate_bias"])
    read = quantised_weight(layer, "input_weight", read_bias)
    again = quantised_weight(layer, "hidden_weight", state_bias)
    looked = rest["embedding"]

    def run(inputs: Inputs) -> Tensor:
        symbols, state = inputs
        for row in symbols:
            state = product(looked[row], state, read, again, read_bias, state_bias)
        return state

    codes = [trits.codes for trits in layer.pack.ternary.values()]
    scales = [codes_and_scale(layer, name)[1].to(torch.float64) for name in layer.pack.ternary]
    size = held(*codes, *scales, looked, read_bias, state_bias)
    return Way("quantized GRU cell, dynamic", "coarse codes", run, size, layer.file_bytes)


GRU_WAYS: dict[str, Callable[[Layer], Way]] = {
    "nn.GRUCell float32": _plain,
    "emcomm float": _ours,
    "emcomm packed": _packed,
    "decoded once": _decoded,
    "five trits a byte": _trits,
    "torch._int_mm": _int_mm,
    "quantized GRU cell, dynamic": _dynamic,
}
"""What makes each way from a layer, by name; the first is what the others are compared with."""
