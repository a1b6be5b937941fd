"""The benchmark of layers from codes: what comes out is checked, how long it takes is not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks import inference_timing, integer_inference
from benchmarks.inference_gru import GRU_WAYS
from benchmarks.inference_layers import Absent, Inputs, Kind, Layer, Way, held
from benchmarks.inference_linear import LINEAR_WAYS, trit_bytes, trit_values
from benchmarks.inference_timing import Cell, Effort, Place
from benchmarks.integer_inference import as_data, main, measure_all, tables
from emcomm.errors import EmcommError

ONE = Place("cpu", 1)
SHORT = Effort(rounds=3, spell=1e-6, limit=1e-6)
EXACT = {"emcomm packed", "decoded once", "five trits a byte", "torch._int_mm"}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(integer_inference, "places", lambda: [ONE])
    monkeypatch.setattr(inference_timing, "SLOW", math.inf)  # an interruption must not leave anything out
    threads = torch.get_num_threads()
    yield
    assert torch.get_num_threads() == threads


def found(kind: Kind, widths: tuple[int, ...], batches: tuple[int, ...]) -> dict[tuple[int, int, str], Cell]:
    cells, _ = measure_all([kind], widths, batches, SHORT)
    return {(cell.width, cell.batch, cell.way): cell for cell in cells}


@pytest.mark.parametrize(("kind", "ways"), [("linear", LINEAR_WAYS), ("gru", GRU_WAYS)])
def test_every_way_is_measured_or_says_why_not(kind: Kind, ways: dict[str, object]) -> None:
    cells = found(kind, (7, 32), (1, 5))
    assert set(cells) == {(width, batch, way) for width in (7, 32) for batch in (1, 5) for way in ways}
    for (_, _, way), cell in cells.items():
        if cell.absent:
            assert not cell.seconds
            assert math.isnan(cell.difference)
            assert way not in EXACT - {"torch._int_mm"}
            continue
        assert len(cell.seconds) == len(cell.ratios) == 3
        assert min(cell.seconds) > 0
        assert cell.resident > 0
        assert cell.file > 0
        if way in EXACT:
            assert (cell.difference, cell.must) == (0.0, "0")
    first = next(iter(ways))
    assert all(cell.ratios == [1.0, 1.0, 1.0] for (_, _, way), cell in cells.items() if way == first)


def test_sizes_in_memory_and_in_files() -> None:
    cells = found("linear", (35,), (3,))
    sizes = {way: cell.resident for (_, _, way), cell in cells.items()}
    # 35 x 35 = 1225 weights and 35 biases in float32; then 1225 bytes of codes, 1 scale and 35 biases
    assert sizes["nn.Linear float32"] == sizes["emcomm float"] == 4 * 1225 + 4 * 35
    assert sizes["nn.Linear bfloat16"] == 2 * 1225 + 2 * 35
    assert sizes["emcomm packed"] == 1225 + 4 + 4 * 35
    assert sizes["decoded once"] == 4 * 1225 + 4 + 4 * 35
    # 245 bytes of five trits, and the table of 243 bytes with 5 float32 each
    assert sizes["five trits a byte"] == 245 + 4 * 5 * 243 + 4 + 4 * 35
    files = {way: cell.file for (_, _, way), cell in cells.items()}
    assert files["nn.Linear float32"] > sizes["nn.Linear float32"] > files["emcomm packed"] > 245 + 4 + 4 * 35


def test_sizes_of_a_recurrent_layer() -> None:
    cells = found("gru", (7,), (3,))
    sizes = {way: cell.resident for (_, _, way), cell in cells.items()}
    # an alphabet of 21 with 16 numbers each: 336; 21 x 16 + 21 x 7 = 483 weights; 21 + 7 biases, 21 + 21 in nn.GRUCell
    assert sizes["emcomm float"] == 4 * (336 + 483 + 28)
    assert sizes["nn.GRUCell float32"] == 4 * (336 + 483 + 42)
    assert sizes["emcomm packed"] == 4 * 336 + 483 + 4 * (3 + 3) + 4 * 28
    # input products of the alphabet, 21 x 21; 147 recurrent weights, 3 scales, 7 biases
    assert sizes["decoded once"] == 4 * (441 + 147 + 3 + 7)


@pytest.mark.parametrize("kind", ["linear", "gru"])
def test_layers_are_the_same_every_time_and_differ_from_float_ones(kind: Kind) -> None:
    layer, again = Layer.of(kind, 11), Layer.of(kind, 11)
    assert all(torch.equal(a, b) for a, b in zip(layer.latent.parameters(), again.latent.parameters(), strict=True))
    inputs = layer.inputs(5)
    assert all(torch.equal(a, b) for a, b in zip(inputs, again.inputs(5), strict=True))
    ways = LINEAR_WAYS if kind == "linear" else GRU_WAYS
    with torch.inference_mode():
        plain, packed = (ways[name](layer).run(inputs) for name in ("emcomm float", "emcomm packed"))
    assert plain.shape == packed.shape == (5, 11)
    assert float((plain - packed).abs().max()) > 1e-3


def test_bytes_of_trits_are_decoded_by_the_table() -> None:
    codes = torch.tensor([[-1, 0, 1], [1, 1, -1], [0, 0, -1]], dtype=torch.int8)
    table, packed = trit_values("cpu"), trit_bytes(codes)
    assert table.shape == (243, 5)
    assert table[packed.to(torch.int32)].flatten()[:9].tolist() == codes.flatten().tolist()
    assert held(codes, table) == 9 + 4 * 1215


def wrong(layer: Layer) -> Way:
    right = LINEAR_WAYS["decoded once"](layer)

    def run(inputs: Inputs) -> torch.Tensor:
        out = right.run(inputs).clone()
        out[-1, -1] += 1e-3
        return out

    return replace(right, name="emcomm packed", run=run)


def test_a_way_that_gives_something_else_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(LINEAR_WAYS, "emcomm packed", wrong)
    with pytest.raises(EmcommError, match="emcomm packed differs by .* width 7 with a batch of 3, 1 thread; at most 0"):
        measure_all(["linear"], [7], [3], SHORT)
    assert main(["--kinds", "linear", "--widths", "7", "--batches", "3", "--rounds", "3", "--seconds", "1e-6"]) == 1
    assert "differs" in capsys.readouterr().out


def test_a_kernel_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(layer: Layer) -> Way:
        raise Absent("not on this machine")

    def fail(inputs: Inputs) -> torch.Tensor:
        raise RuntimeError("multiples of 8, please\nand a long trace")

    def stumble(layer: Layer) -> Way:
        return replace(LINEAR_WAYS["emcomm packed"](layer), run=fail)

    monkeypatch.setitem(LINEAR_WAYS, "torch._int_mm", refuse)
    monkeypatch.setitem(LINEAR_WAYS, "oneDNN u8 x s8", stumble)
    cells = found("linear", (7,), (3,))
    assert cells[7, 3, "torch._int_mm"].absent == "not on this machine"
    assert cells[7, 3, "oneDNN u8 x s8"].absent == "multiples of 8, please"


def test_a_way_that_is_far_too_slow_is_left_out_of_larger_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference_timing, "SLOW", 1e-9)
    cells = found("linear", (5, 7), (3,))
    assert len(cells[5, 3, "emcomm packed"].seconds) == 1
    assert cells[7, 3, "emcomm packed"].absent.endswith("times as slow at width 5")
    assert not cells[7, 3, "nn.Linear float32"].absent


def test_ratios_are_taken_within_a_round() -> None:
    cell = Cell("linear", 5, 3, ONE, "x", seconds=[1.0, 4.0, 3.0], ratios=[0.5, 4.0, 1.0])
    assert cell.ratio == 1.0
    assert math.isnan(Cell("linear", 5, 3, ONE, "x").ratio)


def test_from_command_line_to_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "inference.json"
    argv = ["--quick", "--all", "--widths", "7", "--batches", "3", "--rounds", "3", "--seconds", "1e-6"]
    assert main([*argv, "--json", str(file)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for words in ("1 thread: time", "kB in memory", "what comes out", "everything", "below 1 is faster"):
        assert words in said
    data = json.loads(file.read_text(encoding="utf-8"))
    assert len(data["cells"]) == len(LINEAR_WAYS) + len(GRU_WAYS)
    absent = {cell["way"] for cell in data["cells"] if cell["absent"]}
    assert "_weight_int4pack_mm" in absent  # 7 is no multiple of 32
    assert all((cell["ratio"] is None) == (cell["way"] in absent) for cell in data["cells"])


def test_tables_show_what_is_absent_as_such() -> None:
    cells, remarks = measure_all(["linear"], [7], [3], SHORT)
    assert as_data(cells, remarks)["cells"][-1]["difference"] is None
    times = next(iter(tables(cells)))
    assert times.row_count == 1
    assert list(times.columns[-1].cells) == ["-"]


@pytest.mark.parametrize("argv", [["--kinds", "conv"], ["--widths", "0"], ["--seconds", "nan"], ["--rounds", "-1"]])
def test_a_wrong_command_line_ends_with_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv)
    assert left.value.code == 2
    assert argv[0] in capsys.readouterr().err
