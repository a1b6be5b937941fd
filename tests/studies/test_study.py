"""A study checks what it is told and expands into the right runs."""

from __future__ import annotations

import pytest

from emcomm.errors import BadInput
from emcomm.pressures import ListenerReset
from emcomm.studies.condition import Condition
from emcomm.studies.pattern import Pattern
from emcomm.worlds import AttributeWorld


def strengths(run):
    return {name: pressure.strength for name, pressure in run.pressures.items()}


def test_every_condition_is_run_with_every_seed(tiny):
    runs = tiny(seeds=[5, 3]).expand()
    assert [run.name for run in runs] == ["off/5", "teaching/5", "effort/5", "off/3", "teaching/3", "effort/3"]


def test_a_number_of_seeds_counts_from_zero(tiny):
    assert tiny(seeds=3).seed_list == (0, 1, 2)


def test_pressures_that_do_not_act_come_along_switched_off(tiny):
    off, teaching, effort = tiny(seeds=1).expand()
    assert strengths(off) == {"teaching": 0.0, "effort": 0.0}
    assert strengths(teaching) == {"teaching": 1.0, "effort": 0.0}
    assert strengths(effort) == {"teaching": 0.0, "effort": 0.25}
    assert off.stack_key == teaching.stack_key == effort.stack_key


def test_acting_pressures_shape_the_set_up_and_others_do_not(tiny, group):
    off, acting = tiny(seeds=1, pressures={"group": group}).expand()
    assert (off.setup.pairs, acting.setup.pairs) == (1, 2)
    assert off.stack_key != acting.stack_key


def test_a_pressure_of_strength_zero_does_not_shape(tiny, group):
    conditions = {"off": Condition(), "none": Condition(pressures=("group",), strengths={"group": 0.0})}
    off, none = tiny(seeds=1, pressures={"group": group}, design="explicit", conditions=conditions).expand()
    assert none.setup == off.setup


def test_an_explicit_condition_sets_strengths_and_settings(tiny):
    conditions = {
        "off": Condition(),
        "wide, often": Condition(
            pressures=("teaching",),
            strengths={"teaching": 0.5},
            settings={"channel.symbols": 11, "pressures.teaching.every": 3},
        ),
    }
    off, other = tiny(seeds=1, design="explicit", conditions=conditions).expand()
    assert strengths(other) == {"teaching": 0.5, "effort": 0.0}
    assert (off.setup.channel.symbols, other.setup.channel.symbols) == (7, 11)
    assert (off.pressures["teaching"].every, other.pressures["teaching"].every) == (7, 3)


def test_probes_that_patterns_need_are_added_once(tiny, quick_probe):
    patterns = [Pattern("easy", metric="ease_of_teaching", direction="up")]
    assert [probe.name for probe in tiny(patterns=patterns).probes] == ["ease_of_teaching"]
    assert tiny(patterns=patterns, probes=[quick_probe]).probes == (quick_probe,)
    assert tiny(probes=["ease_of_teaching"]).probes == (type(quick_probe)(),)


def test_metrics_that_patterns_need_are_added(tiny):
    patterns = [
        Pattern("short", metric="mean_length_by_token", direction="down"),
        Pattern("able", metric="accuracy", direction="up"),
    ]
    assert tiny(metrics=["distinct_messages"], patterns=patterns).recorded == (
        "distinct_messages",
        "mean_length_by_token",
    )
    assert "message_entropy" in tiny(metrics=None).recorded


def test_published_variants_of_metrics_can_be_asked_for(tiny):
    study = tiny(metrics=["topographic_similarity/li_bowling_2019"], patterns=[])
    assert study.recorded == ("topographic_similarity/li_bowling_2019",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"nmae": "x"}, "unknown key 'nmae'.*Did you mean 'name'"),
        ({"name": " "}, "name"),
        ({"metrics": ["topographic_similarty"]}, "unknown metric.*Did you mean 'topographic_similarity'"),
        ({"metrics": ["topographic_similarity/li"]}, "variant"),
        ({"probes": ["ease_of_teching"]}, "unknown probe 'ease_of_teching'.*Did you mean 'ease_of_teaching'"),
        ({"probes": ["ease_of_teaching", "ease_of_teaching"]}, "every probe may occur once"),
        (
            {"patterns": [Pattern("p", metric="acuracy", direction="up")]},
            "pattern 'p': unknown metric 'acuracy'.*'accuracy'",
        ),
        (
            {"patterns": [Pattern("p", metric="accuracy", direction="up", pressures=["teching"])]},
            "pattern 'p': unknown pressure 'teching'; known: effort, teaching.*'teaching'",
        ),
        ({"patterns": [Pattern("p", metric="accuracy", direction="up")] * 2}, "every pattern may occur once; 'p'"),
        ({"seeds": 0}, "seeds must be a number of at least 1"),
        ({"seeds": []}, "seeds must be"),
        ({"seeds": [1, -1]}, "whole numbers from 0"),
        ({"seeds": [1, 1]}, "every seed may occur once; 1"),
        ({"max_stack": 0}, "max_stack"),
        ({"design": "eech"}, "design"),
        ({"design": "explicit"}, "needs conditions"),
        ({"conditions": {"a": Condition()}}, "design='explicit' only; the design is 'each'"),
        ({"pressures": {"a b": ListenerReset()}}, "letters, digits"),
        ({"pressures": {"off": ListenerReset()}}, "neither 'off' nor 'all'"),
        ({"design": "explicit", "conditions": {"a/b": Condition()}}, "a condition is named by"),
        ({"design": "explicit", "conditions": {"..": Condition()}}, "a condition is named by"),
        (
            {"design": "explicit", "conditions": {"a": Condition(pressures=("teching",))}},
            "condition 'a': unknown pressure 'teching'; known: effort, teaching.*'teaching'",
        ),
        (
            {"design": "explicit", "conditions": {"a": Condition(strengths={"teaching": 1.0})}},
            "condition 'a': unknown acting pressure 'teaching'",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(tiny, changes, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        tiny(**changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"chanel.symbols": 5}, "condition 'a': unknown setting 'chanel.symbols'"),
        ({"seeds": 5}, "condition 'a' may change settings of base and pressures, not 'seeds'"),
        ({"channel.symbols": 1}, "condition 'a': .*symbols"),
    ],
)
def test_settings_of_conditions_are_checked_before_anything_runs(tiny, settings, sentence):
    study = tiny(design="explicit", conditions={"a": Condition(settings=settings)})
    with pytest.raises(BadInput, match=sentence):
        study.expand()


def test_settings_of_conditions_may_hold_whole_objects(tiny):
    world = AttributeWorld(values=(2, 3)).model_dump()  # with a tuple in it, as Python writes it
    study = tiny(design="explicit", conditions={"a": Condition(settings={"base.world": world})})
    assert {run.setup.world for run in study.expand()} == {AttributeWorld(values=(2, 3))}
