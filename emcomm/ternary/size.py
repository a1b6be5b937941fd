"""What a packed agent weighs, everything counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from emcomm.ternary.pack import packed_bytes, read_header
from emcomm.ternary.trits import packed_size

__all__ = ["SizeReport", "size_report"]


class SizeReport(NamedTuple):
    """Sizes of a packed agent, in bytes where nothing else is said.

    Attributes:
        weights: how many ternary weights there are.
        others: how many floats there are beside them and their scales.
        trit_bytes: of the ternary weights, without scales.
        scale_bytes: of their scales.
        other_bytes: of the floats.
        frame_bytes: of the header and the checksum.
        file_bytes: of the file: the four together.
        float_bytes: of all weights and floats in float32, without any header.
        bits_per_weight: trits alone, >= 1.6; at most 7 bits a tensor more than 1.6 a weight. NaN without weights.
        bits_with_scales: trits and scales. NaN without weights.
        compression: `float_bytes` over `file_bytes`, higher: smaller; the whole agent's, as it lies on the disk.
    """

    weights: int
    others: int
    trit_bytes: int
    scale_bytes: int
    other_bytes: int
    frame_bytes: int
    file_bytes: int
    float_bytes: int
    bits_per_weight: float
    bits_with_scales: float
    compression: float


def size_report(source: Path | str | Mapping[str, Any]) -> SizeReport:
    """Say what a packed agent weighs.

    Args:
        source: the file, which is checked as by `read_pack`; or the header that `write_pack` gave.

    Raises:
        StorageError: the file cannot be read.

    Source: none. A ternary net twice as wide has four times the weights: compare agents that are equally good.
    """
    header = source if isinstance(source, Mapping) else read_header(source)
    ternary, rest = header["ternary"].values(), header["rest"].values()
    counts = [math.prod(entry["shape"]) for entry in ternary]
    weights, others = sum(counts), sum(math.prod(entry["shape"]) for entry in rest)
    trit_bytes, scale_bytes = sum(packed_size(count) for count in counts), sum(4 * entry["groups"] for entry in ternary)
    other_bytes = header["payload"] - trit_bytes - scale_bytes
    file_bytes = packed_bytes(header)
    return SizeReport(
        weights=weights,
        others=others,
        trit_bytes=trit_bytes,
        scale_bytes=scale_bytes,
        other_bytes=other_bytes,
        frame_bytes=file_bytes - header["payload"],
        file_bytes=file_bytes,
        float_bytes=4 * (weights + others),
        bits_per_weight=8 * trit_bytes / weights if weights else math.nan,
        bits_with_scales=8 * (trit_bytes + scale_bytes) / weights if weights else math.nan,
        compression=4 * (weights + others) / file_bytes,
    )
