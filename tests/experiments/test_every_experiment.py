"""Every experiment is complete: its study expands, its claims are about what it has, its smaller version exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from emcomm.errors import BadInput
from experiments.recovery import EXPERIMENTS, load_experiment
from experiments.recovery.page import PAGE, page

STUDIES = [name for name in EXPERIMENTS if load_experiment(name).study is not None]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_has_a_script_and_a_page_of_its_own(name: str):
    experiment = load_experiment(name)
    assert experiment.script.is_file()
    assert experiment.script.with_suffix(".md").is_file()
    assert experiment.study is not None or experiment.alone is not None


@pytest.mark.parametrize("name", STUDIES)
def test_a_claim_rests_on_ten_seeds_and_a_quick_look_on_five(name: str):
    experiment = load_experiment(name)
    study, quick = experiment.sized(quick=False), experiment.sized(quick=True)
    assert study.name == name
    assert len(study.seed_list) >= 10
    assert len(quick.seed_list) == 5
    assert set(quick.arms) <= set(study.arms)
    assert len(quick.expand()) == len(quick.arms) * 5
    assert quick.base.steps <= study.base.steps


@pytest.mark.parametrize("name", STUDIES)
def test_claims_are_about_conditions_that_are_run(name: str):
    experiment = load_experiment(name)
    assert experiment.study is not None
    assert {name for claim in experiment.claims for name in claim.named} <= set(experiment.study.arms)


@pytest.mark.parametrize("name", STUDIES)
def test_a_quick_look_judges_the_claims_whose_conditions_it_runs(name: str):
    experiment = load_experiment(name)
    judged = experiment.claims_about(experiment.sized(quick=True).arms)
    assert len(judged) >= 0.5 * len(experiment.claims)
    assert experiment.claims_about(experiment.sized(quick=False).arms) == list(experiment.claims)


@pytest.mark.parametrize("name", STUDIES)
def test_everything_that_is_predicted_names_its_source(name: str):
    experiment = load_experiment(name)
    assert experiment.study is not None
    predicted = [*experiment.study.patterns, *experiment.claims]
    assert predicted
    assert all(getattr(each, "source", "") for each in predicted)
    names = [getattr(each, "name", "") for each in predicted]
    assert len(names) == len(set(names))


def test_an_experiment_that_is_not_there_is_refused_in_one_line():
    with pytest.raises(BadInput, match="unknown experiment 'variaton'.*Did you mean 'variation'"):
        load_experiment("variaton")


def test_no_weights_and_no_corpora_are_kept():
    results = Path(__file__).parents[2] / "experiments" / "results"
    for folder in results.iterdir():
        files = [file for file in folder.rglob("*") if file.is_file()]
        assert {file.suffix for file in files} <= {".csv", ".json", ".png", ".svg"}
        assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) < 200_000


def test_the_page_of_what_was_recovered_is_up_to_date():
    assert PAGE.read_text() == page(), "write it again: make recover, or experiments.recovery.page.write_page()"
