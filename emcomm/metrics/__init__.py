"""Metrics: pure functions over a `Language`, one file an idea, and `measure`, which puts them into a table.

A metric dropped into this package, or announced by another distribution in the entry-point group ``emcomm.metrics``,
is found without an edit here; the imports below only let editors and type checkers know the built-in ones.
"""

from __future__ import annotations

from emcomm.metrics.abbreviation import OptimalLength, abbreviation_p_value, optimal_mean_length
from emcomm.metrics.base import METRICS, MetricInfo, Undefined, metric
from emcomm.metrics.disentanglement import bag_of_symbols_disentanglement, positional_disentanglement
from emcomm.metrics.distinct import distinct_messages
from emcomm.metrics.entropy import message_entropy
from emcomm.metrics.length import (
    abbreviation_saving,
    length_frequency_correlation,
    mean_length_by_token,
    mean_length_by_type,
)
from emcomm.metrics.measuring import measure
from emcomm.metrics.topography import topographic_similarity
from emcomm.registry import scan

__all__ = [
    "METRICS",
    "MetricInfo",
    "OptimalLength",
    "Undefined",
    "abbreviation_p_value",
    "abbreviation_saving",
    "bag_of_symbols_disentanglement",
    "distinct_messages",
    "length_frequency_correlation",
    "mean_length_by_token",
    "mean_length_by_type",
    "measure",
    "message_entropy",
    "metric",
    "optimal_mean_length",
    "positional_disentanglement",
    "topographic_similarity",
]

_found: dict[str, MetricInfo] = {}
__all__ += [name for name in scan(__name__, __path__, METRICS, _found) if name not in __all__]
globals().update({name: info.function for name, info in _found.items()})
