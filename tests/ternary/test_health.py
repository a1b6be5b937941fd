"""Zero share, flip rate and saturation, by hand and for each member of a stack."""

from __future__ import annotations

import pytest
import torch

from emcomm.errors import BadInput
from emcomm.ternary import Ternary, activation_codes, flip_rate, saturation, weight_codes, zero_share
from tests.ternary.making import noise


def test_by_hand():
    before = torch.tensor([[[0, 1, -1], [0, 0, 1]], [[1, 1, 1], [0, -1, -1]]])
    after = torch.tensor([[[0, 1, 1], [0, 1, 1]], [[1, 1, 1], [0, -1, 1]]])
    torch.testing.assert_close(zero_share(before, 1), torch.tensor([3 / 6, 1 / 6]))
    torch.testing.assert_close(flip_rate(before, after, 1), torch.tensor([2 / 6, 1 / 6]))
    torch.testing.assert_close(zero_share(before), torch.tensor(4 / 12))
    torch.testing.assert_close(zero_share(before, 2), torch.tensor([[1 / 3, 2 / 3], [0, 1 / 3]]))
    assert flip_rate(before, before).item() == 0.0
    codes = torch.tensor([[127.0, -127.0, 126.0], [0.0, 3.0, -1.0]])
    torch.testing.assert_close(saturation(codes, 1), torch.tensor([2 / 3, 0]))


def test_degenerate_tensors():
    assert zero_share(torch.zeros(0)).isnan()
    assert zero_share(torch.zeros(3, 0), 1).isnan().all()
    assert zero_share(torch.zeros(3, 5), 1).tolist() == [1, 1, 1]
    with pytest.raises(BadInput, match=r"of one shape, got \[2, 3\] and \[3, 2\]"):
        flip_rate(torch.zeros(2, 3), torch.zeros(3, 2))


def test_known_distributions():
    # Shares of zeros: P(|u| < 1/2) with u uniform on (-2, 2); P(|z| < 0.5 E|z|) and P(|z| < 0.7 E|z|) of a Gaussian.
    uniform, gaussian = torch.rand(401, 499, generator=torch.Generator().manual_seed(1)) * 2 - 1, noise(401, 499)
    for weight, scale, expected in (
        (uniform, "absmean", 0.25),
        (uniform, "absmedian", 0.25),
        (gaussian, "absmean", 0.310),
        (gaussian, "absmedian", 0.264),
        (gaussian, "twn", 0.424),
    ):
        codes, _ = weight_codes(weight, Ternary.model_validate({"scale": scale}))
        assert abs(zero_share(codes).item() - expected) < 0.005


def test_activations_saturate_where_their_unit_is_too_small():
    x = noise(13, 101)
    by_token, by_unit = activation_codes(x, "token")[0], activation_codes(x, "unit")[0]
    assert 0.99 / 101 < saturation(by_token).item() < 0.03
    torch.testing.assert_close(saturation(by_unit), (x.abs() * 127 >= 126.5).float().mean())
    assert saturation(activation_codes(x.tanh() * 0.99, "unit")[0]).item() == 0.0
