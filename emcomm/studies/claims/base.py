"""The contract of claims, and the table that judges them together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from pydantic import StringConstraints

from emcomm.config import Config
from emcomm.studies import statistics
from emcomm.studies.claims.findings import Findings
from emcomm.studies.judging import MIN_SEEDS, Verdict
from emcomm.studies.verdicts import COLUMNS

__all__ = ["ALPHA", "Claim", "Name", "Weighed", "judge_claims", "too_few"]

ALPHA = 0.05
NAN = float("nan")
Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Weighed(NamedTuple):
    """What a claim found in a study, before correction.

    Attributes:
        row: columns of the verdict table, those that apply.
        p: uncorrected p-value; NaN where the claim tests nothing.
        more: what else the claim's own `Claim.judge` wants to know.
    """

    row: dict[str, Any]
    p: float = NAN
    more: Any = None


class Claim(Config):
    """Base of claims.

    Args:
        name: what it is called in tables.
        source: the publication that makes it.
        description: one sentence for the report.
    """

    name: Name
    source: str = ""
    description: str = ""

    @property
    @abstractmethod
    def named(self) -> tuple[str, ...]:
        """The conditions it names; a study has to have them all for the claim to be judged."""

    @abstractmethod
    def weigh(self, findings: Findings) -> Weighed:
        """Work out the numbers."""

    @abstractmethod
    def judge(self, weighed: Weighed, p_value: float) -> tuple[Verdict, str]:
        """Say what follows from the numbers and the corrected p-value: a verdict, and why."""

    @property
    @abstractmethod
    def expected(self) -> Verdict:
        """The verdict that bears the claim out: ``"recovered"``, or ``"absent"`` where it says that nothing happens."""


def judge_claims(claims: Sequence[Claim], findings: Findings) -> pd.DataFrame:
    """Judge claims together.

    Args:
        claims: the claims; their p-values are corrected together by Holm's method.
        findings: the study's values.

    Returns:
        one row a claim with the columns of a study's verdicts; what does not apply is NaN or empty.

    Raises:
        BadInput: a claim names a condition that is not there.
    """
    weighed = [claim.weigh(findings) for claim in claims]
    corrected = statistics.holm([each.p for each in weighed]) if weighed else np.empty(0)
    rows = []
    for claim, each, p_value in zip(claims, weighed, corrected, strict=True):
        verdict, reason = claim.judge(each, float(p_value))
        rows.append(
            {
                "pattern": claim.name,
                "p_value": float(p_value),
                "p_raw": each.p,
                **each.row,
                "verdict": verdict,
                "as_predicted": verdict == claim.expected,
                "reason": reason,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def too_few(count: int, what: str = "runs") -> str:
    """Why so few values allow no verdict; empty where they do."""
    return f"only {count} {what}, at least {MIN_SEEDS} are needed" if count < MIN_SEEDS else ""
