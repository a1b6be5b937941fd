"""Tables of probabilities: what is let in, information in a joint table, and the prior of a channel's capacity."""

from __future__ import annotations

import numpy as np
import pytest

from emcomm.errors import BadInput
from emcomm.metrics.distributions import capacity_prior, distributions, joint_information, prior_over


def test_rows_are_scaled_to_sum_one():
    rows = distributions("meanings", [[0.33333, 0.66666], [1.0, 0.0]])
    np.testing.assert_allclose(rows, [[0.33333 / 0.99999, 0.66666 / 0.99999], [1.0, 0.0]])
    np.testing.assert_array_equal(rows.sum(axis=1), [1, 1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.5, 0.5], [1.0]], "meanings must be numbers in rows of equal length"),
        ([["a", "b"]], "meanings must be numbers in rows of equal length"),
        ([0.5, 0.5], "must have two dimensions, neither of them 0; got the shape [2]"),
        (np.zeros((0, 3)), "got the shape [0, 3]"),
        ([[1.5, -0.5]], "meanings must be finite numbers of at least 0"),
        ([[np.nan, 1.0]], "meanings must be finite numbers of at least 0"),
        ([[1, 0], [0.5, 0.4]], "row 1 sums to 0.9, not to 1"),
    ],
)
def test_what_is_no_distribution_is_refused(values: object, message: str):
    with pytest.raises(BadInput) as refused:
        distributions("meanings", values)  # type: ignore[arg-type]
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_prior():
    np.testing.assert_allclose(prior_over(5, None), 0.2)
    np.testing.assert_allclose(prior_over(3, [0.5, 0.25, 0.25]), [0.5, 0.25, 0.25])
    for prior in ([0.5, 0.5], [[0.2, 0.3, 0.5]], 1.0):
        with pytest.raises(BadInput, match="the prior must be 3 numbers, one a meaning; got the shape"):
            prior_over(3, prior)
    for strange in ([[1], [1, 2]], "abc"):
        with pytest.raises(BadInput, match="the prior must be 3 numbers, one a meaning; got .*"):
            prior_over(3, strange)
    with pytest.raises(BadInput, match="row 0 sums to 6"):
        prior_over(3, [1, 2, 3])


def test_information_by_hand():
    # Two fair coins that agree in three of four throws: 1 - h(1/4) = 1 - 0.811278 bits.
    assert joint_information(np.array([[0.375, 0.125], [0.125, 0.375]])) == pytest.approx(0.188722, abs=1e-6)
    # Rows 1/2, 1/4, 1/4 that fix the column: their entropy of 1.5 bits.
    assert joint_information(np.diag([0.5, 0.25, 0.25])) == pytest.approx(1.5)
    assert joint_information(np.outer([0.3, 0.7], [0.2, 0.3, 0.5])) == pytest.approx(0, abs=1e-15)
    assert joint_information(np.ones((1, 1))) == 0.0


def test_numbers_too_small_to_multiply_do_no_harm():
    assert joint_information(np.array([[1.0, 0.0], [0.0, 1e-200]])) == pytest.approx(0, abs=1e-15)


def test_capacity_of_known_channels():
    # The Z-channel whose second input is misread half of the time: capacity log2(5/4) bits, at p = 3/5 and 2/5.
    z = [[1.0, 0.0], [0.5, 0.5]]
    prior = capacity_prior(z)
    np.testing.assert_allclose(prior, [0.6, 0.4], atol=1e-3)
    assert joint_information(prior[:, None] * np.array(z)) == pytest.approx(np.log2(1.25), abs=1e-6)
    # A row half-way between two others is not worth saying: only the two are used.
    np.testing.assert_allclose(capacity_prior([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]), [0.5, 0.0, 0.5], atol=1e-3)
    # Rows that are all alike carry nothing under any prior; one row has only one prior.
    np.testing.assert_allclose(capacity_prior([[0.3, 0.7]] * 5), 0.2)
    np.testing.assert_allclose(capacity_prior([[0.3, 0.7]]), [1])


def test_no_other_prior_carries_more():
    rng = np.random.default_rng(5)
    channel = rng.dirichlet(np.full(7, 0.3), 5)
    best = joint_information(capacity_prior(channel)[:, None] * channel)
    assert all(joint_information(p[:, None] * channel) <= best + 2e-6 for p in rng.dirichlet(np.ones(5), 200))
