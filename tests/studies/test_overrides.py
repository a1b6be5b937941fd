"""Settings by their dotted names."""

from __future__ import annotations

import pytest

from emcomm.agents import GRU
from emcomm.errors import BadInput
from emcomm.studies.condition import Condition
from emcomm.studies.overrides import differences, flatten, override, parse, plain, rebuild
from emcomm.studies.study import Study


def changed(study, *assignments):
    return differences(plain(study), plain(study.set(parse(assignments))))


def test_values_are_json_where_they_can_be_and_text_otherwise():
    texts = ["a.b=5", "c=0.5", "d=[1, 2]", 'e={"x": null}', "f=true", "g=each", "h=a=b", 'i="5"', "j="]
    read = {"a.b": 5, "c": 0.5, "d": [1, 2], "e": {"x": None}, "f": True, "g": "each", "h": "a=b", "i": "5", "j": ""}
    assert parse(texts) == read


@pytest.mark.parametrize("text", ["channel.symbols", "=5", ""])
def test_a_setting_needs_a_key_and_a_value(text):
    with pytest.raises(BadInput, match="dotted.key=value"):
        parse([text])


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("base.channel.symbols=5", "base.channel.symbols", ("7", "5")),
        ("channel.symbols=5", "base.channel.symbols", ("7", "5")),
        ("steps=13", "base.steps", ("23", "13")),
        ("base.stop_accuracy=0.75", "base.stop_accuracy", ("null", "0.75")),
        ("world.values=[2, 7]", "base.world.values", ("[3, 5]", "[2, 7]")),
        ("speaker.hidden=3", "base.speaker.hidden", ("5", "3")),
        ("estimator.baseline=greedy", "base.estimator.baseline", ('"mean"', '"greedy"')),
        ("pressures.teaching.every=3", "pressures.teaching.every", ("7", "3")),
        ("patterns.0.min_delta=0.75", "patterns.0.min_delta", ("0.6", "0.75")),
        ("design=factorial", "design", ('"each"', '"factorial"')),
        ("seeds=[3, 1]", "seeds", ("2", "[3, 1]")),
        ("max_stack=3", "max_stack", ("16", "3")),
    ],
)
def test_every_setting_can_be_reached(tiny, text, key, values):
    assert changed(tiny(), text) == {key: values}


def test_every_leaf_of_a_study_can_be_set_to_what_it_is(tiny):
    study = tiny(design="explicit", conditions={"a": Condition(pressures=("teaching",), strengths={"teaching": 0.5})})
    for key, value in flatten(plain(study)).items():
        assert plain(override(study, {key: value})) == plain(study), key


def test_the_original_stays_as_it_is(tiny):
    study = tiny()
    before = plain(study)
    assert study.set({"steps": 3}).base.steps == 3
    assert plain(study) == before


def test_another_kind_keeps_what_both_kinds_know(tiny):
    study = tiny().set(parse(["pressures.teaching.strength=0.5", "pressures.teaching.kind=community"]))
    assert plain(study.pressures["teaching"]) == {"kind": "community", "strength": 0.5, "size": 4}


def test_settings_of_another_kind_can_be_set_along_with_it_in_any_order(tiny):
    study = tiny().set(parse(["pressures.teaching.size=3", "pressures.teaching.kind=community"]))
    assert study.pressures["teaching"].size == 3
    assert (
        tiny().set(parse(["estimator.temperature=2.5", "estimator.kind=gumbel_softmax"])).base.estimator.temperature
        == 2.5
    )


def test_conditions_have_keys_of_the_users_own(tiny):
    study = tiny(design="explicit", conditions={"weak": Condition(pressures=("teaching",))})
    study = study.set(
        parse(["conditions.weak.strengths.teaching=0.5", "conditions.weak.settings.base.channel.symbols=5"])
    )
    assert study.conditions["weak"].strengths == {"teaching": 0.5}
    assert study.conditions["weak"].settings == {"base.channel.symbols": 5}


def test_a_whole_new_pressure_can_be_added(tiny):
    study = tiny().set(parse(['pressures.group={"kind": "community", "size": 3}']))
    assert list(study.pressures) == ["teaching", "effort", "group"]
    assert study.pressures["group"].size == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("chanel.symbols=5", r"unknown setting 'chanel\.symbols'; the study has: .*Did you mean 'channel'\?"),
        ("base.channel.symbls=5", r"base\.channel has: symbols, max_length, variable\. Did you mean 'symbols'\?"),
        ("pressures.teching.every=5", r"pressures has: teaching, effort\. Did you mean 'teaching'\?"),
        ("pressures.teaching.evry=5", r"pressures\.teaching has: .*Did you mean 'every'\?"),
        ("patterns.1.min_delta=1", r"'patterns' has 1 entries, counted from 0; got '1'"),
        ("patterns.x.min_delta=1", r"'patterns' has 1 entries"),
        ("base.steps.x=1", r"'base\.steps' is 23 and has nothing called 'x' inside"),
        ("base.game.kind=recon", r"unknown kind 'recon'; known: .*Did you mean 'reconstruction'\?"),
        ("estimator.kind=gumbel", r"unknown kind 'gumbel'; known: .*Did you mean 'gumbel_softmax'\?"),
        ("channel.symbols=many", "valid integer"),
        ("channel.symbols=1", "greater than or equal to 2"),
        ("design=eech", "design"),
    ],
)
def test_what_cannot_be_set_is_refused_in_one_line(tiny, text, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        tiny().set(parse([text]))
    assert "\n" not in str(caught.value)


def test_flatten_names_every_leaf():
    data = {"a": {"b": 1, "c": []}, "d": [{"e": 2}, {"e": 3}], "f": [5, 7], "g": {}}
    assert flatten(data) == {"a.b": 1, "a.c": [], "d.0.e": 2, "d.1.e": 3, "f": [5, 7], "g": {}}


def test_differences_say_before_and_after():
    before, after = {"a": 1, "b": {"c": "x"}, "d": 1}, {"a": 1, "b": {"c": "y"}, "e": None}
    assert differences(before, after) == {"b.c": ('"x"', '"y"'), "d": ("1", "(not set)"), "e": ("(not set)", "null")}
    assert differences(before, before) == {}


def test_long_values_are_cut_in_differences():
    (shown,) = differences({"a": list(range(99))}, {"a": 0}).values()
    assert len(shown[0]) == 60
    assert shown[0].endswith("...")


def test_a_study_survives_being_written_and_read(tiny, quick_probe):
    study = tiny(
        design="explicit",
        conditions={"off": Condition(), "small": Condition(pressures=("effort",), settings={"base.speaker.hidden": 3})},
        probes=[quick_probe],
        base={"listener": GRU(hidden=3)},
    )
    assert rebuild(Study, plain(study)) == study
