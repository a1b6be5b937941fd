"""Ease of teaching: do languages become more structured, and easier to teach, when listeners are replaced?

The game and settings of Li & Bowling 2019: 8 colours x 4 shapes, messages of two of eight symbols, five candidates,
batches of 100, both agents rewarded for success without a baseline. Shorter than the original by a factor of ten:
30,000 steps, a new listener every 1,500. What was measured is in ``ease_of_teaching.md`` beside this file.
"""

from __future__ import annotations

import pandas as pd

from emcomm import Channel, Pattern, Setup, Study
from emcomm.agents import GRU
from emcomm.envs import Discrimination
from emcomm.languages import compositional
from emcomm.pressures import ListenerReset
from emcomm.probes import EaseOfTeaching, teaching_curves
from emcomm.studies.claims import Level
from emcomm.studies.results import Results
from emcomm.training import Reinforce
from emcomm.worlds import AttributeWorld
from experiments.recovery.drawing import Line, Panel
from experiments.recovery.languages import final_languages, frame, permuted, value_rows

study = Study(
    name="ease_of_teaching",
    source="Li & Bowling 2019",
    description="Listeners that are replaced at intervals, against listeners that stay.",
    base=Setup(
        world=AttributeWorld(values=(8, 4)),
        game=Discrimination(candidates=5),
        channel=Channel(symbols=8, max_length=2, variable=False),
        speaker=GRU(hidden=100),
        listener=GRU(hidden=100),
        estimator=Reinforce(reward="success", baseline="none"),
        listener_loss="success",
        steps=30_000,
        batch_size=100,
        speaker_learning_rate=1e-3,
        listener_learning_rate=1e-3,
        speaker_entropy=0.1,
        listener_entropy=0.1,
    ),
    pressures={"teaching": ListenerReset(every=1_500)},
    design="each",
    patterns=[
        Pattern(
            "compositional",
            metric="topographic_similarity",
            direction="up",
            min_delta=0.6,
            band=0.05,
            accuracy_floor=0.9,
            source="Li & Bowling 2019",
            description="Replaced listeners make the language more structured.",
        ),
        Pattern(
            "teachable",
            metric="ease_of_teaching",
            direction="up",
            min_delta=0.6,
            accuracy_floor=0.9,
            source="Li & Bowling 2019",
            description="Replaced listeners make the language easier to learn for fresh ones.",
        ),
    ],
    probes=[EaseOfTeaching(listeners=30, steps=200)],
    seeds=tuple(range(10, 20)),
)

claims = tuple(
    Level(
        name=f"{condition}: {name}",
        metric=metric,
        condition=condition,
        at_least=0.0,
        share=0.8,
        source="Li & Bowling 2019",
    )
    for condition in ("teaching", "off")
    for name, metric in (
        ("easier than the same messages permuted", "above_permuted"),
        ("harder than a perfect language", "below_perfect"),
    )
)
shown = ("topographic_similarity", "ease_of_teaching", "above_permuted", "below_perfect", "accuracy")
courses = tuple(
    Panel(
        f"fresh listeners of languages {how}",
        "updates",
        [Line(kind, condition, f"taught_{kind}") for kind in ("perfect", "emergent", "permuted")],
    )
    for condition, how in (("teaching", "with new listeners"), ("off", "without"))
)
quick = {"base.steps": 9_000, "probes.0.listeners": 10, "max_stack": 5}


def more(results: Results) -> pd.DataFrame:
    """How much easier each language is for fresh listeners than itself permuted, and a perfect one than it."""
    setup = results.study.base
    found = list(final_languages(results))
    perfect = compositional(setup.world.meanings(), shared=True)
    lessons = [language for _, _, language in found]
    curves = teaching_curves(
        [perfect, *lessons, *(permuted(language) for language in lessons)],
        game=setup.game,
        listener=setup.listener,
        listeners=10,
        steps=200,
    )
    course = curves.accuracy.mean(1)  # [languages, steps], over listeners
    best, own, dealt = course[0], course[1 : 1 + len(found)], course[1 + len(found) :]
    rows = []
    for place, (run, step, _) in enumerate(found):
        gaps = {"above_permuted": own[place] - dealt[place], "below_perfect": best - own[place]}
        rows += value_rows(run, step, {name: gap.mean() for name, gap in gaps.items()})
        kinds = {"perfect": best, "emergent": own[place], "permuted": dealt[place]}
        for update in range(0, len(best), 5):
            rows += value_rows(run, update, {f"taught_{kind}": values[update] for kind, values in kinds.items()})
    return frame(rows)


if __name__ == "__main__":
    study.main()
