"""Claims judged on tables made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.studies.claims import Association, Claim, Comparison, Findings, Level, Trend, judge_claims
from emcomm.studies.verdicts import COLUMNS
from tests.studies.claims.frames import findings_of

NAN = float("nan")
SEVEN = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def verdict_of(claim: Claim, findings: Findings) -> str:
    table = judge_claims([claim], findings)
    assert tuple(table.columns) == COLUMNS
    return str(table["verdict"][0])


def test_no_claims_make_an_empty_table():
    assert judge_claims([], findings_of({"off": {"m": SEVEN}})).empty


# Levels


def test_a_level_is_reached_if_enough_runs_reach_it():
    findings = findings_of({"on": {"m": SEVEN}})
    # 4 of 7 runs (0.4, 0.5, 0.6, 0.7) are at least 0.4: 57 %.
    assert verdict_of(Level(name="l", metric="m", condition="on", at_least=0.4, share=0.5), findings) == "recovered"
    assert verdict_of(Level(name="l", metric="m", condition="on", at_least=0.4, share=0.6), findings) == "absent"
    assert verdict_of(Level(name="l", metric="m", condition="on", at_most=0.1, share=1 / 7), findings) == "recovered"
    assert (
        verdict_of(Level(name="l", metric="m", condition="on", at_least=0.2, at_most=0.3, share=0.3), findings)
        == "absent"
    )


def test_a_level_of_the_mean():
    findings = findings_of({"on": {"m": SEVEN}})  # mean 0.4
    assert verdict_of(Level(name="l", metric="m", condition="on", at_least=0.39, share=None), findings) == "recovered"
    assert verdict_of(Level(name="l", metric="m", condition="on", at_least=0.41, share=None), findings) == "absent"


def test_a_run_without_a_value_does_not_reach_a_level():
    findings = findings_of({"on": {"m": [1.0, 1.0, 1.0, 1.0, NAN, NAN]}})
    claim = Level(name="l", metric="m", condition="on", at_least=0.5, share=0.8)
    row = judge_claims([claim], findings).iloc[0]
    assert (row["n_on"], row["n_off"], row["verdict"]) == (6, 4, "absent")
    assert row["effect"] == 1.0


def test_four_runs_are_too_few_for_a_level():
    assert verdict_of(
        Level(name="l", metric="m", condition="on", at_least=0), findings_of({"on": {"m": SEVEN[:4]}})
    ) == ("inconclusive")


def test_a_level_needs_a_bound_and_a_condition_that_is_there():
    with pytest.raises(BadInput, match="needs at_least=, at_most= or both"):
        Level(name="l", metric="m", condition="on")
    with pytest.raises(BadInput, match="unknown condition 'om'.*Did you mean 'on'"):
        judge_claims([Level(name="l", metric="m", condition="om", at_least=0)], findings_of({"on": {"m": SEVEN}}))


# Comparisons


def test_a_comparison_is_judged_like_a_pattern():
    findings = findings_of({"on": {"m": [x + 1 for x in SEVEN]}, "off": {"m": SEVEN}})
    row = judge_claims([Comparison(name="c", metric="m", on="on", off="off", direction="up")], findings).iloc[0]
    # All of 7 exceed all of 7: the exact one-sided p is 1 / C(14, 7).
    assert row["p_value"] == pytest.approx(1 / math.comb(14, 7))
    assert (row["verdict"], row["cliffs_delta"], row["effect"]) == ("recovered", 1.0, pytest.approx(1.0))
    assert verdict_of(Comparison(name="c", metric="m", on="on", off="off", direction="down"), findings) == "reversed"


def test_an_effect_below_the_least_is_not_recovered():
    findings = findings_of({"on": {"m": [x + 1 for x in SEVEN]}, "off": {"m": SEVEN}})
    claim = Comparison(name="c", metric="m", on="on", off="off", direction="up", min_effect=1.1)
    row = judge_claims([claim], findings).iloc[0]
    assert row["verdict"] == "inconclusive"
    assert "below 1.1" in row["reason"]


def test_no_difference_is_as_predicted_where_none_was_claimed():
    findings = findings_of({"on": {"m": SEVEN}, "off": {"m": SEVEN}})
    row = judge_claims(
        [Comparison(name="c", metric="m", on="on", off="off", direction="none", band=0.5)], findings
    ).iloc[0]
    assert (row["verdict"], row["as_predicted"]) == ("absent", True)


def test_several_claims_are_corrected_together():
    findings = findings_of({"on": {"m": [x + 1 for x in SEVEN]}, "off": {"m": SEVEN}})
    claims = [Comparison(name=name, metric="m", on="on", off="off", direction="up") for name in "abc"]
    table = judge_claims(claims, findings)
    assert table["p_value"].tolist() == pytest.approx([3 / math.comb(14, 7)] * 3)
    assert table["p_raw"].tolist() == pytest.approx([1 / math.comb(14, 7)] * 3)


# Associations


def test_an_association_is_spearmans_correlation_over_runs():
    # Ranks 1..5 against 2, 1, 4, 3, 5: sum of squared differences 1+1+1+1 = 4; rho = 1 - 6 * 4 / (5 * 24) = 0.8.
    findings = findings_of({"on": {"x": [1.0, 2, 3, 4, 5], "y": [20.0, 10, 40, 30, 50]}})
    row = judge_claims([Association(name="a", x="x", y="y")], findings).iloc[0]
    assert row["effect"] == pytest.approx(0.8)
    assert row["n_on"] == 5
    assert row["verdict"] == "inconclusive"  # p = 0.10 with five runs


def test_associations_are_recovered_reversed_or_absent():
    rng = np.random.default_rng(3)
    x = rng.permutation(200).astype(float)
    noise = rng.permutation(200).astype(float)
    findings = findings_of({"a": {"x": x.tolist(), "up": (x + 0.1 * noise).tolist(), "noise": noise.tolist()}})
    assert verdict_of(Association(name="a", x="x", y="up", least=0.9), findings) == "recovered"
    assert verdict_of(Association(name="a", x="x", y="up", direction="down"), findings) == "reversed"
    assert verdict_of(Association(name="a", x="x", y="up", direction="none"), findings) == "reversed"
    assert verdict_of(Association(name="a", x="x", y="noise", direction="none"), findings) == "absent"
    assert verdict_of(Association(name="a", x="x", y="noise"), findings) == "absent"


def test_an_association_counts_only_the_runs_asked_for():
    values = {"m": [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], "x": SEVEN, "y": [9.0, 1, 2, 3, 4, 5, NAN]}
    findings = findings_of({"a": values, "b": {"m": [1.0] * 7, "x": SEVEN, "y": SEVEN[::-1]}})
    row = judge_claims([Association(name="a", x="x", y="y", conditions=("a",), among={"m": 0.5})], findings).iloc[0]
    assert (row["n_on"], row["effect"]) == (5, pytest.approx(1.0))


def test_a_metric_that_does_not_vary_goes_with_nothing():
    findings = findings_of({"a": {"x": SEVEN, "y": [1.0] * 7}})
    row = judge_claims([Association(name="a", x="x", y="y")], findings).iloc[0]
    assert row["verdict"] == "inconclusive"
    assert math.isnan(row["effect"])


# Trends


def test_a_trend_is_recovered_if_enough_runs_have_it():
    rising, flat = list(range(11)), [1.0] * 11
    values = {"on": {"m": [1.0] * 5}}
    claim = Trend(name="t", metric="course", condition="on")
    assert verdict_of(claim, findings_of(values, {"on": [rising] * 4 + [flat]})) == "recovered"  # 80 %
    assert verdict_of(claim, findings_of(values, {"on": [rising] * 3 + [flat] * 2})) == "absent"
    assert verdict_of(claim, findings_of(values, {"on": [rising[::-1]] * 5})) == "reversed"
    falling = Trend(name="t", metric="course", condition="on", direction="down")
    assert verdict_of(falling, findings_of(values, {"on": [rising[::-1]] * 5})) == "recovered"


def test_the_effect_of_a_trend_is_the_mean_of_kendalls_tau():
    # 1 2 3 5 4 has one discordant pair of 10: tau = (9 - 1) / 10 = 0.8; the others have tau 1.
    courses = {"on": [[1, 2, 3, 5, 4]] + [[1, 2, 3, 4, 5]] * 4}
    row = judge_claims(
        [Trend(name="t", metric="course", condition="on")], findings_of({"on": {"m": [1.0] * 5}}, courses)
    )
    assert row["effect"][0] == pytest.approx((0.8 + 4) / 5)


def test_what_came_before_the_first_step_is_left_out():
    courses = {"on": [[19.0, 18, 17, 16, *range(8)]] * 5}  # 0 to 7 rise: tau 1, p = 1 / 8!; with the rest tau < 0
    findings = findings_of({"on": {"m": [1.0] * 5}}, courses)
    assert (
        verdict_of(Trend(name="t", metric="course", condition="on", first_step=40, alpha=1e-4), findings) == "recovered"
    )
    assert verdict_of(Trend(name="t", metric="course", condition="on", alpha=1e-4), findings) == "absent"


# All


def test_a_run_that_failed_counts_for_nothing():
    findings = findings_of({"on": {"m": [0.0] * 5 + [9.0]}})
    runs = findings.runs.assign(status=["done"] * 5 + ["failed"])
    row = judge_claims(
        [Level(name="l", metric="m", condition="on", at_most=1)], Findings.from_frames(runs, findings.metrics)
    ).iloc[0]
    assert (row["n_on"], row["verdict"]) == (5, "recovered")


def test_claims_are_written_and_read():
    claim = Association(
        name="a", x="x", y="y", direction="none", band=0.2, among={"accuracy": 0.9}, source="Someone 2020"
    )
    assert Association.model_validate_json(claim.model_dump_json()) == claim
