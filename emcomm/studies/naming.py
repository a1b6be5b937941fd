"""Which quantities a study can record, by name: of languages (metrics), of training, and of fresh learners (probes)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from emcomm.errors import BadInput, unknown
from emcomm.metrics import METRICS, MetricInfo
from emcomm.probes import PROBES, Probe
from emcomm.studies.overrides import plain
from emcomm.studies.pattern import Pattern

__all__ = [
    "TRAINING",
    "Definition",
    "check_metrics",
    "definitions",
    "needed_probes",
    "recorded_metrics",
    "split_variant",
]

Definition = tuple[str, str, str, str]  # what it is, unit, range, source

# What training reports by itself at every evaluation.
TRAINING: dict[str, Definition] = {
    "accuracy": (
        "Share of games won about training meanings, weighted by frequency; greedy messages without noise.",
        *("none", "0 to 1", ""),
    ),
    "accuracy_held_out": ("The same about held-out meanings; undefined without a hold-out.", "none", "0 to 1", ""),
    "loss": (
        "Mean negative log-probability of the right answer in the games that accuracy counts.",
        *("nats", "0 or more", ""),
    ),
    "loss_held_out": ("The same about held-out meanings; undefined without a hold-out.", "nats", "0 or more", ""),
    "speaker_cost": (
        "What the speaker was charged for a game, mean of the last training batch.",
        "nats",
        "unbounded",
        "",
    ),
    "listener_loss": ("The listener's loss, mean of the last training batch.", "nats", "unbounded", ""),
    "speaker_entropy": ("Entropy of the speaker's choices, mean of the last training batch.", "nats", "0 or more", ""),
    "quantised_share": ("How far ternary agents are quantised in training at this step.", "none", "0 to 1", ""),
    **{
        f"{role}_{name}": (f"{what} of the {role}s; undefined for float agents.", "none", "0 to 1", "")
        for role in ("speaker", "listener")
        for name, what in (
            ("zero_share", "Share of the ternary weights whose code is 0,"),
            ("flip_rate", "Share of the ternary weights whose code has changed since the evaluation before,"),
            ("saturation", "Share of the activations whose code is as large as codes get, in evaluation,"),
        )
    },
}


def split_variant(name: str) -> tuple[str, str]:
    """Split ``"metric/variant"``; a metric's plain name stands for its variant ``default``."""
    metric, _, variant = name.partition("/")
    return metric, variant or "default"


def check_metrics(metrics: Sequence[str] | None, patterns: Iterable[Pattern]) -> None:
    """Refuse every name that nothing answers to.

    Raises:
        BadInput: an unknown metric or variant; the message lists what is known and the nearest.
    """
    for name in metrics or ():
        if name not in TRAINING:
            _check_metric(name, [*METRICS.names(), *TRAINING])
    for pattern in patterns:
        if pattern.metric not in TRAINING and pattern.metric not in PROBES.names():
            try:
                _check_metric(pattern.metric, [*METRICS.names(), *TRAINING, *PROBES.names()])
            except BadInput as error:
                raise BadInput(f"pattern {pattern.name!r}: {error}") from None


def _check_metric(name: str, known: Sequence[str]) -> None:
    metric, variant = split_variant(name)
    if metric not in METRICS.names():
        raise unknown("metric", name, known)
    METRICS.get(metric).options(variant)


def recorded_metrics(metrics: Sequence[str] | None, patterns: Iterable[Pattern]) -> tuple[str, ...]:
    """Return the metrics to compute of every snapshot: those asked for (None: all), and those that patterns need."""
    asked = METRICS.names() if metrics is None else [name for name in metrics if name not in TRAINING]
    needed = [p.metric for p in patterns if p.metric not in TRAINING and p.metric not in PROBES.names()]
    return tuple(dict.fromkeys([*asked, *needed]))


def needed_probes(probes: Sequence[Probe], patterns: Iterable[Pattern]) -> tuple[Probe, ...]:
    """Return the probes to run at the end: those asked for, and, with their defaults, those that patterns need."""
    missing = {p.metric for p in patterns if p.metric in PROBES.names()} - {probe.name for probe in probes}
    return (*probes, *(PROBES.get(name)() for name in sorted(missing)))


def definitions(metrics: Iterable[str], probes: Iterable[Probe]) -> dict[str, Definition]:
    """Return, for a report, how everything that a study records is defined: definition, unit, range, source."""
    found = dict(TRAINING)
    for name in metrics:
        metric, variant = split_variant(name)
        found[name] = _described(METRICS.get(metric), variant)
    for probe in probes:
        settings = ", ".join(f"{key} = {value}" for key, value in plain(probe).items() if key != "kind")
        found[probe.name] = (f"{probe.definition}; {settings}.", probe.unit, _range(probe.range), probe.source)
    return found


def _described(info: MetricInfo, variant: str) -> Definition:
    options = ", ".join(f"{key} = {value}" for key, value in info.options(variant).items())
    text = info.definition + (f" Here: {options}." if options else "")
    return text, info.unit, _range(info.range), info.source


def _range(ends: tuple[float, float]) -> str:
    low, high = ends
    if math.isinf(high):
        return "unbounded" if math.isinf(low) else f"{low:g} or more"
    return f"{high:g} or less" if math.isinf(low) else f"{low:g} to {high:g}"
