"""`measure`: every metric of one language in a table, each beside what chance gives and with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.metrics.base import METRICS, MetricInfo, Scorer, Undefined
from emcomm.metrics.resampling import bootstrap_values, interval, null_values, p_value

__all__ = ["COLUMNS", "measure"]

COLUMNS = ("metric", "variant", "value", "null_mean", "p_value", "ci_low", "ci_high", "n", "note")


def measure(
    language: Language, metrics: Sequence[str] | str | None = None, *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Measure a language.

    Args:
        language: what to measure.
        metrics: names from `METRICS`; ``"name/variant"`` asks for a published variant, e.g.
            ``"topographic_similarity/li_bowling_2019"``. None: the default variant of every metric.
        resamples: permutations for the null and bootstrap draws for the interval, each; 0 leaves both out.
        seed: the same seed gives the same table.

    Returns:
        one row a metric: ``metric, variant, value``; ``null_mean`` and one-sided ``p_value`` under the null that
        messages are dealt to meanings at random (the messages permuted, frequencies staying with the meanings);
        ``ci_low, ci_high``, a 95 % bootstrap interval over meanings (for metrics of pairs, a meaning drawn twice makes
        no pair with itself); ``n``, the number of rows; and ``note``, which names the null and gives the reason for
        every NaN.

    Raises:
        BadInput: unknown metric or variant, or one that needs meanings was asked for and there are none.
    """
    resamples, seed = whole_number("resamples", resamples, least=0), whole_number("seed", seed, least=0)
    wanted = METRICS.names() if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    if not wanted:
        raise BadInput(f"no metric was asked for; known: {', '.join(METRICS.names())}")
    chosen = [_find(name) for name in wanted]
    rows = [_row(language, info, variant, metrics is not None, resamples, seed) for info, variant in chosen]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _find(wanted: str) -> tuple[MetricInfo, str]:
    name, _, variant = str(wanted).partition("/")
    info = METRICS.get(name)
    info.options(variant or "default")
    return info, variant or "default"


def _row(language: Language, info: MetricInfo, variant: str, asked: bool, resamples: int, seed: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
    row.update(metric=info.name, variant=variant, n=language.n)
    if info.needs_meanings and language.meanings is None and not asked:
        return row | {"note": "needs meanings, and this corpus has none"}
    everything = np.arange(language.n)
    try:
        scorer = info.scorer(language, variant)
        row["value"] = float(scorer(everything, everything))
    except Undefined as reason:
        return row | {"note": f"undefined: {reason}"}
    notes = [_add_null(row, info, scorer, resamples, seed), _add_interval(row, info, scorer, resamples, seed)]
    return row | {"note": "; ".join(note for note in notes if note)}


def _add_null(row: dict[str, Any], info: MetricInfo, scorer: Scorer, resamples: int, seed: int) -> str:
    if info.null is None:
        return "no null: which message goes with which meaning is not its question"
    if resamples == 0:
        return "not resampled"
    null = null_values(scorer, row["n"], resamples, seed)
    defined = null[~np.isnan(null)]
    if len(defined) == 0:
        return "no null: undefined for every permutation"
    row["null_mean"] = float(defined.mean())
    row["p_value"] = p_value(row["value"], null, info.null)
    return f"null: messages permuted over meanings, p for {'high' if info.null == 'greater' else 'low'} values"


def _add_interval(row: dict[str, Any], info: MetricInfo, scorer: Scorer, resamples: int, seed: int) -> str:
    if not info.interval:
        return "no interval: a count over just these meanings"
    if resamples == 0:
        return "" if info.null else "not resampled"
    draws = bootstrap_values(scorer, row["n"], resamples, seed)
    row["ci_low"], row["ci_high"] = interval(row["value"], draws, info.range)
    return "no interval: undefined for most resamples" if np.isnan(row["ci_low"]) else ""
