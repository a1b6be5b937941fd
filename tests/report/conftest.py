"""Made-up results of a study: seeded, with every kind of verdict, shaped as a results folder gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emcomm.report import ReportData

PRESSURES = ("teaching", "length_cost", "community", "noise", "impatience", "candidates", "memory", "turnover")
PATTERNS = (
    ("compositional", "topographic_similarity", "up"),
    ("abbreviation", "length_frequency_correlation", "up"),
    ("short_messages", "mean_length_by_token", "down"),
    ("same_accuracy", "accuracy", "none"),
    ("easy_to_teach", "ease_of_teaching", "up"),
    ("positional", "positional_disentanglement", "up"),
    ("free_order", "bag_of_symbols_disentanglement", "up"),
    ("rich_lexicon", "distinct_messages", "up"),
)
# metric -> (value it starts from, value without pressure, spread between seeds, shift under each pressure)
SHAPES: dict[str, tuple[float, float, float, tuple[float, ...]]] = {
    "accuracy": (0.2, 0.965, 0.012, (0.003, -0.004, -0.16, -0.002, 0.0, 0.005, 0.001, -0.01)),
    "topographic_similarity": (0.02, 0.42, 0.06, (0.19, 0.02, 0.07, -0.12, 0.0, 0.03, 0.11, 0.05)),
    "length_frequency_correlation": (0.0, -0.08, 0.12, (0.04, 0.55, 0.02, 0.1, 0.3, 0.0, -0.03, 0.01)),
    "mean_length_by_token": (5.8, 5.4, 0.25, (-0.1, -2.7, 0.05, 0.5, -1.4, 0.0, 0.04, -0.2)),
    "ease_of_teaching": (0.25, 0.61, 0.04, (0.11, 0.01, 0.06, -0.04, 0.0, 0.02, 0.03, 0.08)),
    "positional_disentanglement": (0.02, 0.2, 0.05, (0.09, 0.0, 0.01, -0.02, 0.02, 0.03, 0.04, 0.02)),
    "bag_of_symbols_disentanglement": (0.03, 0.24, 0.05, (0.04, 0.02, 0.02, -0.06, 0.0, 0.01, 0.02, 0.01)),
    "distinct_messages": (3.0, 27.0, 2.0, (1.0, -6.0, -9.0, -3.0, 0.0, 2.0, 1.0, 1.0)),
}
DEFINITIONS = {
    "accuracy": ("Share of games won with greedy agents.", "", "0 to 1", ""),
    "topographic_similarity": (
        "Spearman correlation of meaning and message distances.",
        "",
        "−1 to 1",
        "Brighton & Kirby 2006",
    ),
    "length_frequency_correlation": (
        "Spearman correlation of length with frequency rank.",
        "",
        "−1 to 1",
        "Chaabouni et al. 2019",
    ),
    "mean_length_by_token": ("Mean message length, meanings weighted by frequency.", "symbols", "0 to max_length", ""),
    "ease_of_teaching": ("Mean accuracy of fresh listeners while they learn.", "", "0 to 1", "Li & Bowling 2019"),
}
VERDICT_COLUMNS = (
    *("pattern", "metric", "pressure", "on", "off", "effect", "ci_low", "ci_high", "cliffs_delta", "p_value"),
    *("n_on", "n_off", "verdict", "direction", "min_delta", "band_low", "band_high", "ci90_low", "ci90_high"),
    *("p_raw", "accuracy_on", "accuracy_off", "as_predicted", "reason"),
)
VALUES = (7, 5)  # primes: 35 meanings


def build(
    pressures: Sequence[str] = PRESSURES[:4],
    patterns: Sequence[tuple[str, str, str]] = PATTERNS[:5],
    seeds: int = 10,
    records: int = 3,
    steps: int = 30_000,
    meanings: int = VALUES[0] * VALUES[1],
    seed: int = 11,
) -> ReportData:
    """Make up a study of the design "each" in which every shift of `SHAPES` shows with its seeds' noise."""
    rng = np.random.default_rng(seed)
    conditions: dict[str, list[str]] = {"off": []} | {pressure: [pressure] for pressure in pressures}
    runs = _runs(conditions, seeds, steps, rng)
    metrics = _metrics(runs, pressures, [metric for _, metric, _ in patterns], steps, rng)
    study: dict[str, Any] = {
        "name": "ease_of_teaching",
        "source": "Li & Bowling 2019",
        "description": "Does a listener who must be taught again and again make a language compositional?",
        "settings": {
            "world": {"kind": "attributes", "values": list(VALUES), "frequencies": "zipf"},
            "game": {"kind": "discrimination", "candidates": 5},
            "channel": {"symbols": 29, "max_length": 7, "variable": True},
            "steps": steps,
            "stop_accuracy": None,
        },
        "conditions": conditions,
        "patterns": [
            {
                "name": name,
                "metric": metric,
                "direction": direction,
                "min_delta": 0.6,
                "band": 0.02 if direction == "none" else None,
                "accuracy_floor": 0.9,
                "source": "Li & Bowling 2019",
                "description": "",
            }
            for name, metric, direction in patterns
        ],
        "pressures": {name: {"kind": name, "strength": 1.0, "every": 1_500} for name in pressures},
        "versions": {"emcomm": "0.1.0", "python": "3.11.9", "torch": "2.13.0"},
        "seeds": list(range(seeds)),
    }
    return ReportData(
        study=study,
        runs=runs,
        metrics=metrics,
        languages=_languages(runs, records, steps, meanings, rng),
        verdicts=_verdicts(runs, metrics, pressures, patterns, rng),
        metric_definitions=DEFINITIONS,
    )


def _runs(conditions: dict[str, list[str]], seeds: int, steps: int, rng: np.random.Generator) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "run": f"{condition}/{seed}",
            "condition": condition,
            "seed": seed,
            "status": "done",
            "steps": steps,
            "stack": 0,
            "seconds": round(float(rng.uniform(40, 60)), 1),
            "games": steps * 100,
            "note": "",
        }
        for condition in conditions
        for seed in range(seeds)
    ]
    rows[-1] |= {"status": "failed", "steps": steps // 3, "note": "loss became NaN"}
    return pd.DataFrame(rows)


def _metrics(
    runs: pd.DataFrame, pressures: Sequence[str], names: Sequence[str], steps: int, rng: np.random.Generator
) -> pd.DataFrame:
    at = np.linspace(0, steps, 21).astype(int)
    frames = []
    for run, condition, end in zip(runs["run"], runs["condition"], runs["steps"], strict=True):
        for metric in dict.fromkeys(["accuracy", *names]):
            start, level, spread, shifts = SHAPES[metric]
            shift = 0.0 if condition == "off" else shifts[list(pressures).index(condition) % len(shifts)]
            final = level + shift + rng.normal(0, spread)
            rise = 1 - np.exp(-at / steps * rng.uniform(4, 8))
            values = start + (final - start) * rise + rng.normal(0, spread / 5, len(at)) * (at > 0)
            if metric == "accuracy":
                values = values.clip(0, 1)
            frame = pd.DataFrame({"run": run, "step": at, "metric": metric, "value": values})
            frames.append(frame[frame["step"] <= end])
    return pd.concat(frames, ignore_index=True)


def _languages(runs: pd.DataFrame, records: int, steps: int, meanings: int, rng: np.random.Generator) -> pd.DataFrame:
    index = np.arange(meanings)
    frequency = 1 / (index + 1) / (1 / (index + 1)).sum()
    frames = []
    for run, condition, end in zip(runs["run"], runs["condition"], runs["steps"], strict=True):
        for step in np.linspace(0, steps, records).astype(int):
            rise = step / steps * (1.0 if condition == "length_cost" else 0.1)
            mean = 6 - rise * (5 - 4 * index / meanings)
            lengths = np.clip(np.round(rng.normal(mean, 0.7)), 0, 7).astype(int)
            messages = [" ".join(str(symbol) for symbol in rng.integers(1, 30, length)) for length in lengths]
            frame = pd.DataFrame({"run": run, "step": step, "speaker": 0, "meaning": index})
            frame = frame.assign(a0=index // VALUES[1], a1=index % VALUES[1], frequency=frequency)
            frames.append(frame.assign(message=messages, length=lengths)[frame["step"] <= end])
    return pd.concat(frames, ignore_index=True)


def _verdicts(
    runs: pd.DataFrame,
    metrics: pd.DataFrame,
    pressures: Sequence[str],
    patterns: Sequence[tuple[str, str, str]],
    rng: np.random.Generator,
) -> pd.DataFrame:
    kept = runs[runs["status"] == "done"]
    last = metrics.drop_duplicates(["run", "metric"], keep="last").set_index(["metric", "run"])["value"]
    rows = []
    for number, (pattern, metric, direction) in enumerate(patterns):
        for pressure in pressures[1:] if number == 1 else pressures:
            on, off = (
                last[metric].reindex(kept.loc[kept["condition"] == name, "run"]).to_numpy()
                for name in (pressure, "off")
            )
            draws = [rng.choice(on, len(on)).mean() - rng.choice(off, len(off)).mean() for _ in range(199)]
            delta = float(np.sign(on[:, None] - off[None]).mean())
            wanted = {"up": delta, "down": -delta, "none": -abs(delta)}[direction]
            verdict = "recovered" if wanted >= 0.6 else "reversed" if wanted <= -0.6 else "inconclusive"
            if (
                direction == "none"
                and verdict == "inconclusive"
                and np.abs(np.quantile(draws, [0.05, 0.95])).max() < 0.02
            ):
                verdict = "absent"
            low, least, most, high = np.quantile(draws, [0.025, 0.05, 0.95, 0.975])
            rows.append(
                (
                    *(pattern, metric, pressure, pressure, "off", on.mean() - off.mean(), low, high, delta),
                    *(max(1e-4, 1 - abs(delta)), len(on), len(off), verdict, direction, 0.6, np.nan, np.nan),
                    *(least, most, 1e-4, 0.97, 0.96, verdict in ("recovered", "absent")),
                    f"|delta| {abs(delta):.2f}, the pattern asks for 0.60",
                )
            )
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS))


@pytest.fixture(scope="session")
def make_data() -> Callable[..., ReportData]:
    """The function that makes up results; its keywords set the size."""
    return build


@pytest.fixture(scope="session")
def data() -> ReportData:
    """Four pressures, five patterns, ten seeds; one cell untested, one run failed."""
    return build()


@pytest.fixture(scope="session")
def bare() -> Callable[..., ReportData]:
    """A function that builds results from the given parts alone; frames that are not given are empty."""

    def build_bare(**parts: Any) -> ReportData:
        frames = {name: pd.DataFrame() for name in ("runs", "metrics", "languages", "verdicts")}
        return ReportData(**{"study": {}, **frames, **parts})

    return build_bare
