"""Claims that are no contrast of one pressure: judged after a study from its tables, by rules fixed before the run.

A `Pattern` says what one pressure does to one metric. Publications also say that a metric reaches a level, that one
condition exceeds another, that two metrics go together over runs, or that something grows over time:

```python
claims = (
    Level(name="abbreviates", metric="abbreviation_p", condition="lazy + impatient", at_most=0.01, share=0.8),
    Association(name="no generalisation", x="topographic_similarity", y="accuracy_held_out", direction="none"),
)
table = judge_claims(claims, Findings.of(results))
```

The table has the columns of a study's verdicts, so that both stand in one.
"""

from __future__ import annotations

from emcomm.studies.claims.association import Association
from emcomm.studies.claims.base import Claim, judge_claims
from emcomm.studies.claims.comparison import Comparison
from emcomm.studies.claims.findings import Findings
from emcomm.studies.claims.level import Level
from emcomm.studies.claims.trend import Trend

__all__ = ["Association", "Claim", "Comparison", "Findings", "Level", "Trend", "judge_claims"]
