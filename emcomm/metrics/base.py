"""What a metric is: a plain function of a `Language` with a written definition, filed in `METRICS` by `@metric`.

A metric is called as ``NAME(language, ...) -> float`` and gives NaN where it is not defined. To be resampled thousands
of times it may also give a *scorer*: prepared once for a language (distances, codes), then called with the rows that a
rearranged language takes its meanings and its messages from (as many as it has rows, or more, or fewer). A metric
without one is resampled by calling it on rearranged languages, which is right and slower.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from emcomm.errors import BadInput, shown, unknown
from emcomm.language import Language
from emcomm.registry import Registry

__all__ = ["METRICS", "MetricInfo", "Scorer", "Tail", "Undefined", "evaluate", "meanings_of", "metric"]

IntArray = NDArray[np.int64]
Tail = Literal["greater", "less", "either"]
Scorer = Callable[[IntArray, IntArray], float]
Function = TypeVar("Function", bound=Callable[..., float])


class Undefined(Exception):
    """Raised by scorers where a metric has no value; the text says why, e.g. "all messages are equally far apart"."""


@dataclass(frozen=True, eq=False)
class MetricInfo:
    """A metric with everything a report says about it.

    Args:
        name: the name it is asked for by; the function's own.
        function: ``function(language, **options) -> float``; NaN where not defined.
        definition: the formula in words.
        unit: unit of the value, e.g. ``"bits"``; ``"none"`` for pure numbers.
        range: smallest and largest possible value.
        direction: what a higher value says.
        source: publication, and every deviation from it.
        needs_meanings: whether a corpus without meanings is refused.
        null: which values are evidence against chance: high (``"greater"``), low (``"less"``) or both (``"either"``);
            None: chance is no question to this metric.
        null_model: what is left to chance, a name from `emcomm.metrics.null_models.NULL_MODELS`.
        interval: whether resampling meanings gives a sensible interval.
        variants: named options of the function; ``"default"`` is the function as called without any.
        prepare: ``prepare(language, **options) -> Scorer``, or None.
    """

    name: str
    function: Callable[..., float]
    definition: str
    unit: str
    range: tuple[float, float]
    direction: str
    source: str
    needs_meanings: bool = True
    null: Tail | None = None
    null_model: str = "meanings"
    interval: bool = True
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prepare: Callable[..., Scorer] | None = None

    def __post_init__(self) -> None:
        # The registry places a plug-in by the names a function has; this one stands for its function.
        own = ("__module__", "__name__", "__qualname__", "__doc__")
        vars(self).update({name: getattr(self.function, name) for name in own})
        vars(self)["variants"] = {"default": {}, **self.variants}

    def __call__(self, language: Language, **options: Any) -> float:
        """Return the metric's value; the same as calling `function`."""
        return self.function(language, **options)

    def options(self, variant: str) -> Mapping[str, Any]:
        """Return the keyword arguments behind a variant's name.

        Raises:
            BadInput: no variant has that name.
        """
        if variant not in self.variants:
            raise unknown(f"variant of {self.name}", variant, self.variants)
        return self.variants[variant]

    def scorer(self, language: Language, variant: str = "default") -> Scorer:
        """Return ``score(meaning_rows, message_rows) -> float`` for one language; it raises `Undefined` instead of NaN.

        Raises:
            BadInput: no such variant, or the metric needs meanings and there are none.
            Undefined: the metric has no value for this language, whatever the rows.
        """
        options = self.options(variant)
        if self.needs_meanings:
            meanings_of(language, self.name)
        if self.prepare is not None:
            return self.prepare(language, **options)

        def score(meaning_rows: IntArray, message_rows: IntArray) -> float:
            if not language.frequencies[meaning_rows].any():
                raise Undefined("all frequencies are 0")
            value = self.function(language.rearranged(meaning_rows, message_rows), **options)
            if math.isnan(value):
                raise Undefined("the metric has no value for this language")
            return value

        return score


class _Metrics(Registry[MetricInfo]):
    """The registry of metrics; an entry point that names a decorated function finds its description."""

    def register(self, name: str) -> Callable[[MetricInfo], MetricInfo]:
        file = super().register(name)

        def described(plugin: Any) -> MetricInfo:
            if isinstance(plugin, MetricInfo):
                return file(plugin)
            for info in self._known.values():
                if info.function is plugin:
                    return file(info)
            raise BadInput(f"metric {name!r} has no definition; decorate it with @emcomm.metrics.metric(...)")

        return described


METRICS = _Metrics("metrics", "metric")


def metric(**description: Any) -> Callable[[Function], Function]:
    """Return a decorator that files a function in `METRICS` under its own name and leaves the function as it is.

    Args:
        description: the fields of `MetricInfo` but `name` and `function`.
    """

    def file(function: Function) -> Function:
        METRICS.register(function.__name__)(MetricInfo(name=function.__name__, function=function, **description))
        return function

    return file


def evaluate(prepare: Callable[..., Scorer], language: Language, **options: Any) -> float:
    """Return the score of a language as it stands, NaN where it is undefined.

    Raises:
        BadInput: it is no language.
    """
    rows = np.arange(_language(language).n)
    try:
        return float(prepare(language, **options)(rows, rows))
    except Undefined:
        return math.nan


def meanings_of(language: Language, name: str) -> IntArray:
    """Return the meanings, int64 ``[n, attributes]``.

    Raises:
        BadInput: it is no language, or a corpus without meanings.
    """
    meanings = _language(language).meanings
    if meanings is None:
        raise BadInput(f"{name} needs meanings, and this corpus has none")
    return meanings


def _language(given: object) -> Language:
    if not isinstance(given, Language):
        raise BadInput(f"metrics are about a Language(meanings, messages), got {shown(given)}")
    return given
