"""`measure`: every metric of one language in a table, each beside what chance gives and with an interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emcomm.errors import BadInput
from emcomm.language import Language, whole_number
from emcomm.metrics.base import METRICS, MetricInfo
from emcomm.metrics.null_models import null_languages, null_model
from emcomm.metrics.progress import Meter, Progress
from emcomm.metrics.question import COLUMNS, Question
from emcomm.metrics.resampling import bootstrap_values, null_values

__all__ = ["COLUMNS", "measure"]


def measure(
    language: Language,
    metrics: Sequence[str] | str | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
    null: str | None = None,
    nulls: Sequence[Language] | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Measure a language.

    Args:
        language: what to measure.
        metrics: names from `METRICS`; ``"name/variant"`` asks for a published variant, e.g.
            ``"topographic_similarity/li_bowling_2019"``. None: the default variant of every metric.
        resamples: languages drawn by chance for the null, and bootstrap draws for the interval, each; 0: neither.
        seed: the same seed gives the same table.
        null: what is left to chance, see `null_languages`: ``"meanings"``, ``"within"``, ``"between"`` or ``"random"``.
            None: each metric's own, which is ``"meanings"`` (messages permuted over meanings, frequencies staying with
            the meanings) for all that ask which message goes with which meaning.
        nulls: in place of that, languages of n rows that came about by chance: those of untrained agents, say. They
            are taken as they are, so `resamples` is then about the interval alone.
        progress: told now and then how many scores are done, how many there are, and which metric is at work.

    Returns:
        one row a metric: ``metric, variant, value``; ``null_mean`` and ``p_value`` under the null, one-sided where the
        metric says which values are evidence; ``ci_low, ci_high``, a 95 % bootstrap interval over meanings, each drawn
        with all its rows (for metrics of pairs, a row drawn twice makes no pair with itself); ``n``, the number of
        rows; and ``note``, which names the null and gives the reason for every NaN.

    Raises:
        BadInput: unknown metric, variant or null; a metric that needs meanings was asked for and there are none; or
            `nulls` that do not fit the language.

    Cost: `resamples` times two scores of every metric. Permuting meanings, and the interval, use what a metric has
    prepared; for other nulls every score is worked out from the start.
    """
    if not isinstance(language, Language):
        raise BadInput(f"what is measured must be a Language, got {type(language).__name__}")
    resamples, seed = whole_number("resamples", resamples, least=0), whole_number("seed", seed, least=0)
    given = _checked(nulls, language, null)
    forced = "given" if given else None if null is None else null_model(null).name
    questions = [Question(info, variant, forced) for info, variant in _asked(metrics)]
    work = _Work(language, resamples, seed, given, Meter(progress))
    work.answer(questions, optional=metrics is None)
    return pd.DataFrame([question.row() for question in questions], columns=list(COLUMNS))


def _asked(metrics: Sequence[str] | str | None) -> Iterator[tuple[MetricInfo, str]]:
    """Yield the metrics and variants asked for by name."""
    if not (metrics is None or isinstance(metrics, Iterable)):
        raise BadInput(f"metrics must be names from METRICS, got {metrics!r}")
    wanted = METRICS.names() if metrics is None else [metrics] if isinstance(metrics, str) else list(metrics)
    if not wanted:
        raise BadInput(f"no metric was asked for; known: {', '.join(METRICS.names())}")
    for name, _, variant in (str(each).partition("/") for each in wanted):
        info = METRICS.get(name)
        info.options(variant or "default")
        yield info, variant or "default"


def _checked(nulls: Sequence[Language] | None, language: Language, null: str | None) -> list[Language]:
    """Return the languages that chance is given by; none where it is drawn."""
    if nulls is None:
        return []
    given = list(nulls) if isinstance(nulls, Iterable) else [nulls]
    if null is not None:
        raise BadInput(f"chance is either drawn by a null model or given as nulls; got null={null!r} and nulls")
    if not given:
        raise BadInput("nulls must be at least one language, got none")
    for number, other in enumerate(given):
        if not isinstance(other, Language):
            raise BadInput(f"nulls must be languages, got {type(other).__name__}")
        if other.n != language.n or (other.meanings is None) != (language.meanings is None):
            raise BadInput(f"nulls must be like what is measured, {language!r}; number {number} is {other!r}")
    return given


@dataclass
class _Work:
    """What is done for every question."""

    language: Language
    resamples: int
    seed: int
    given: list[Language]
    meter: Meter

    def answer(self, questions: Sequence[Question], optional: bool) -> None:
        self.meter.total = sum(map(self._scores, questions))
        for question in questions:
            self._rearrange(question, optional)
        left = [each for each in questions if each.defined and each.tail and each.model != "meanings"]
        for model in dict.fromkeys(question.model for question in left):
            self._compare([question for question in left if question.model == model], model)
        self.meter.finish()

    def _scores(self, question: Question) -> int:
        """Return how many scores an answer takes."""
        drawn = len(self.given) or self.resamples
        return 1 + drawn * (question.tail is not None) + self.resamples * question.info.interval

    def _rearrange(self, question: Question, optional: bool) -> None:
        """Find the value, what permuted meanings give, and the interval, from one scorer."""
        name, language = question.info.name, self.language
        self.meter.count(name)
        scorer = question.answer(language, optional)
        if scorer is None:
            self.meter.total -= self._scores(question) - 1
            return
        scorer = self.meter.counted(scorer, name)
        if question.tail and question.model == "meanings":
            question.beside(null_values(scorer, language.n, self.resamples, self.seed), null_model("meanings").told)
        if question.info.interval and (reason := self._nothing_to_draw()):
            self.meter.total -= self.resamples
            question.notes["interval"] = f"no interval: {reason}"
        elif question.info.interval:
            draws = bootstrap_values(scorer, language.n, self.resamples, self.seed, language.meanings)
            question.within(draws)

    def _nothing_to_draw(self) -> str:
        """Return why drawing with replacement gives nothing new; an empty string where it does."""
        if self.language.meanings is None:
            return "there is one utterance" if self.language.n == 1 else ""
        return "" if (self.language.meanings != self.language.meanings[0]).any() else "there is one meaning"

    def _compare(self, questions: Sequence[Question], model: str) -> None:
        """Ask all questions of one null language after the other, as they share what is worked out of it."""
        drawn = self.given or null_languages(self.language, model, self.resamples, self.seed)
        found: list[list[float]] = [[] for _ in questions]
        for language in drawn:
            for question, values in zip(questions, found, strict=True):
                self.meter.count(question.info.name)
                values.append(float(question.info(language, **question.info.options(question.variant))))
        told = f"{len(self.given)} given languages" if self.given else null_model(model).told
        for question, values in zip(questions, found, strict=True):
            question.beside(np.array(values, dtype=np.float64), told)
