"""The lines of the page on learning set up what they say they do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.training.small import advanced, small_run

PAGE = Path(__file__).parents[2] / "docs" / "learning.md"


def test_every_line_of_the_page_makes_a_set_up_that_trains() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)  # the page is part of the project
    papers = {name: learning for name, learning in names.items() if isinstance(learning, dict) and name[0] != "_"}
    assert len(papers) == 12
    for name, learning in papers.items():
        trainer = advanced(1, small_run(name, 5, **learning))
        assert (trainer.broken_at == -1).all()
    assert papers["li_bowling_2019"]["listener_loss"] == "policy_gradient"
    assert papers["chaabouni_2022"]["speaker_anchor"] == 0.5
