"""Milliseconds of a call, ways in turn, and whether each gives what it has to give."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from benchmarks.inference_layers import Absent, Inputs, Kind, Layer, Way
from emcomm.errors import EmcommError

__all__ = ["SLOW", "Cell", "Effort", "Place", "measure"]

SLOW = 20.0
"""A way that takes as many times as long as the first one is timed once, and left out with larger layers."""

NEAR = 1e-4  # of the largest number, by which two float32 ways may differ


@dataclass(frozen=True)
class Place:
    """Where layers compute: on a device, with a number of threads if it is a processor."""

    device: str
    threads: int = 1

    @property
    def words(self) -> str:
        """The place in words."""
        return "GPU" if self.device != "cpu" else f"{self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes:
        rounds: most spells of each way.
        spell: seconds of a spell, or one call.
        limit: seconds of a layer and batch, after which no round begins; three are always played.
    """

    rounds: int
    spell: float
    limit: float


@dataclass
class Cell:
    """What was measured of one way with one layer and batch.

    Attributes:
        kind: of layer.
        width: of the layer.
        batch: samples in a call.
        place: where.
        way: its name.
        seconds: of a call, one number a round; empty if the way is absent.
        ratios: seconds as a multiple of the first way's in the same round.
        difference: the largest difference from what it is compared with: the first way for a way with float weights,
            emcomm's ternary layer in training for the others. NaN if absent.
        must: what the difference must be, in words.
        resident: bytes in memory; 0 if absent.
        file: bytes on disk; 0 if absent.
        absent: why there is nothing, else empty.
    """

    kind: Kind
    width: int
    batch: int
    place: Place
    way: str
    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    difference: float = float("nan")
    must: str = ""
    resident: int = 0
    file: int = 0
    absent: str = ""

    @property
    def ratio(self) -> float:
        """Median of the ratios; NaN if absent."""
        return statistics.median(self.ratios) if self.ratios else float("nan")


def measure(
    layer: Layer,
    batches: Sequence[int],
    place: Place,
    makers: Mapping[str, Callable[[Layer], Way]],
    effort: Effort,
    left_out: dict[tuple[str, int, Place], str],
    remarks: dict[str, str],
) -> list[Cell]:
    """Measure every way to compute a layer, with every batch.

    Args:
        layer: on the device of `place`.
        batches: samples in a call.
        place: where; sets the number of threads.
        makers: what makes each way; the first is what the others are compared with.
        effort: how long.
        left_out: ways that were too slow with smaller layers, and why; more of them are entered.
        remarks: what torch warned of, by way; more is entered.

    Raises:
        EmcommError: a way gives something else than it has to give.
    """
    if place.device == "cpu":
        torch.set_num_threads(place.threads)
    ways: dict[str, Way | str] = {}
    with torch.inference_mode():
        for name, maker in makers.items():
            with _heard(name, remarks):
                ways[name] = _made(maker, layer)
        return [cell for batch in batches for cell in _of_batch(layer, batch, place, ways, effort, left_out, remarks)]


def _made(maker: Callable[[Layer], Way], layer: Layer) -> Way | str:
    try:
        return maker(layer)
    except (Absent, RuntimeError, AttributeError) as error:
        return _reason(error)


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]


@contextmanager
def _heard(name: str, remarks: dict[str, str]) -> Iterator[None]:
    """Write down what torch warns of, in one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        remarks.setdefault(name, str(warning.message).strip().splitlines()[0].partition(". ")[0])


def _of_batch(
    layer: Layer,
    batch: int,
    place: Place,
    ways: Mapping[str, Way | str],
    effort: Effort,
    left_out: dict[tuple[str, int, Place], str],
    remarks: dict[str, str],
) -> list[Cell]:
    inputs = layer.inputs(batch)
    cells = {name: Cell(layer.kind, layer.width, batch, place, name) for name in ways}
    first, wanted = next(iter(ways)), {"codes": _reference(layer, inputs)}
    once: dict[str, float] = {}
    began = time.perf_counter()
    for name, way in ways.items():
        cell, reason = cells[name], way if isinstance(way, str) else left_out.get((name, batch, place), "")
        if isinstance(way, str) or reason:
            cell.absent = reason
            continue
        with _heard(name, remarks):
            try:
                got = way.run(inputs)
            except RuntimeError as error:
                cell.absent = _reason(error)
                continue
        wanted.setdefault("float", got)
        cell.difference, cell.must = _compared(cell, way, got, wanted[way.like.removeprefix("coarse ")])
        cell.resident, cell.file = way.resident, way.file
        once[name] = _spell(way, inputs, 1)
        if once[name] < 1:  # it may have been interrupted
            once[name] = min(once[name], *(_spell(way, inputs, 1) for _ in range(2)))
        if name != first and once[name] > SLOW * once[first]:
            cell.seconds, cell.ratios = [once[name]], [once[name] / once[first]]
            left_out[(name, batch, place)] = f"{cell.ratio:.0f} times as slow at width {layer.width}"
    present = {name: way for name, way in ways.items() if isinstance(way, Way) and name in once}
    playing = {name: way for name, way in present.items() if not cells[name].seconds}
    _play(playing, cells, inputs, once, effort, began)
    return list(cells.values())


def _play(
    ways: Mapping[str, Way],
    cells: Mapping[str, Cell],
    inputs: Inputs,
    once: Mapping[str, float],
    effort: Effort,
    began: float,
) -> None:
    """Time ways in turn, each round in another order."""
    names = list(ways)
    calls = {name: max(1, min(10_000, int(effort.spell / once[name]))) for name in names}
    for number in range(effort.rounds):
        if number >= 3 and time.perf_counter() - began > effort.limit:
            break
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            cells[name].seconds.append(_spell(ways[name], inputs, calls[name]))
    for name in names:
        pairs = zip(cells[name].seconds, cells[names[0]].seconds, strict=True)
        cells[name].ratios = [own / other for own, other in pairs]


def _reference(layer: Layer, inputs: Inputs) -> Tensor:
    """What the ternary layer gives in training, from its float weights."""
    if layer.kind == "linear":
        return layer.latent(inputs[0])
    table, (symbols, state) = layer.latent.table(), inputs  # type: ignore[operator]
    for row in symbols:
        state = layer.latent(table, row, state)
    return state


def _compared(cell: Cell, way: Way, got: Tensor, wanted: Tensor) -> tuple[float, str]:
    """The largest difference, and what it must be.

    Raises:
        EmcommError: it is not that.
    """
    difference = float((got.double() - wanted.double()).abs().max())
    largest = float(wanted.abs().max())
    bound, words = {
        "codes": (0.0, "0"),
        "float": (NEAR * largest, "rounding"),
        "coarse float": (largest, "none"),
        "coarse codes": (largest, "none"),
    }[way.like]
    if got.shape != wanted.shape or not difference <= bound:
        raise EmcommError(
            f"{way.name} differs by {difference:g} in a {cell.kind} layer of width {cell.width} with a batch of "
            f"{cell.batch}, {cell.place.words}; at most {bound:g} is allowed"
        )
    return difference, words


def _spell(way: Way, inputs: Inputs, calls: int) -> float:
    """Seconds of a call, the mean of `calls`."""
    on_gpu = inputs[0].is_cuda
    if on_gpu:
        torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(calls):
        way.run(inputs)
    if on_gpu:
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / calls
