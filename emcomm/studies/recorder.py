"""`Recorder`: turns what training shows of its runs into rows of metrics and languages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from emcomm.language import Language
from emcomm.metrics import METRICS
from emcomm.studies.naming import split_variant
from emcomm.studies.tables import language_table, metric_table
from emcomm.training import Observation, Setup

__all__ = ["Recorder", "languages_of", "measured"]


class Recorder:
    """Collects rows until they are taken away to be stored.

    Args:
        metrics: names of the metrics to compute of every language snapshot.
        observed: name of a run -> the last step already recorded; what comes for it or earlier steps is passed over.
    """

    def __init__(self, metrics: Sequence[str], observed: Mapping[str, int]) -> None:
        self.metrics = tuple(metrics)
        self.observed = dict(observed)
        self._values: list[tuple[str, int, str, float]] = []
        self._languages: list[pa.Table] = []

    def take(self, observation: Observation, *, last: bool = False) -> bool:
        """Record a run at one step, unless that step was recorded before.

        Args:
            observation: what training shows.
            last: whether the run ends here; its language is then recorded in any case.

        Returns:
            whether a language was recorded.
        """
        run, step = observation.run, observation.step
        if step <= self.observed[run.name]:
            return False
        self.observed[run.name] = step
        self.add(run.name, step, observation.values)
        if not (observation.record or last):
            return False
        languages = languages_of(run.setup, observation.messages, step)
        self._languages += [language_table(run.name, language) for language in languages]
        self.add(run.name, step, measured(languages, self.metrics))
        return True

    def add(self, run: str, step: int, values: Mapping[str, float]) -> None:
        """Record values of a run at one step."""
        self._values += [(run, step, name, float(value)) for name, value in values.items()]

    def drain(self) -> dict[str, pa.Table | None]:
        """Return the rows collected since the last time, under ``"metrics"`` and ``"languages"``."""
        tables = {
            "metrics": metric_table(self._values) if self._values else None,
            "languages": pa.concat_tables(self._languages) if self._languages else None,
        }
        self._values, self._languages = [], []
        return tables


def languages_of(setup: Setup, messages: np.ndarray[Any, np.dtype[np.int64]], step: int) -> list[Language]:
    """Return the language of every speaker of a run.

    Args:
        setup: the run's set-up.
        messages: int64 ``[pairs, n, max_length]``, for everything games can be about, in the game's order.
        step: when they were spoken.
    """
    world, game, channel = setup.world, setup.game, setup.channel
    return [
        Language(
            game.meanings(world),
            spoken,
            frequencies=game.probabilities(world),
            speaker=speaker,
            step=step,
            symbols=channel.symbols,
            variable=channel.variable,
            sizes=game.values(world),
        )
        for speaker, spoken in enumerate(messages)
    ]


def measured(languages: Sequence[Language], metrics: Iterable[str]) -> dict[str, float]:
    """Return every metric as its mean over the speakers for whom it is defined; NaN where it is for none."""
    values = {}
    for name in metrics:
        metric, variant = split_variant(name)
        info = METRICS.get(metric)
        found = [info.function(language, **info.options(variant)) for language in languages]
        defined = [value for value in found if not math.isnan(value)]
        values[name] = math.fsum(defined) / len(defined) if defined else math.nan
    return values
