"""Codes and scales by hand, on adversarial tensors, for stacks; the straight-through estimate."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from emcomm.errors import BadInput
from emcomm.ternary import Ternary, activation_codes, straight_through, weight_codes
from emcomm.ternary.quantise import EXACT_INPUTS, check_sizes, lift, spread
from tests.ternary.making import WAYS, noise, same_bits

SCALES = ("absmean", "absmedian", "twn")


def test_absmean_by_hand():
    # Sizes 0.5 1.5 0.25 1 0.75 2 sum to 6: scale 1. Then 0.5 rounds to even, 0, and 1.5 to 2, which is clamped to 1.
    weight = torch.tensor([[0.5, -1.5, 0.25], [1.0, -0.75, -2.0]])
    codes, scale = weight_codes(weight, Ternary())
    assert codes.tolist() == [[0, -1, 0], [1, -1, -1]]
    assert scale.tolist() == [1.0]


def test_absmedian_by_hand():
    # Sizes in order 0.25 0.5 0.75 1 1.5 2: the lower of the two in the middle is 0.75; 0.5 / 0.75 = 0.67 rounds to 1.
    weight = torch.tensor([[0.5, -1.5, 0.25], [1.0, -0.75, -2.0]])
    codes, scale = weight_codes(weight, Ternary(scale="absmedian"))
    assert codes.tolist() == [[1, -1, 0], [1, -1, -1]]
    assert scale.tolist() == [0.75]


def test_twn_by_hand():
    # Mean size 1, threshold 0.7: 1.5, 1, 0.75 and 2 are above it, and their mean is 5.25 / 4.
    weight = torch.tensor([[0.5, -1.5, 0.25], [1.0, -0.75, -2.0]])
    codes, scale = weight_codes(weight, Ternary(scale="twn"))
    assert codes.tolist() == [[0, -1, 0], [1, -1, -1]]
    assert scale.tolist() == [1.3125]


def test_each_block_has_its_own_scale():
    weight = torch.tensor([[1.0, -3.0], [2.0, 2.0], [0.5, 0.5], [0.0, 1.0]])
    # All: 10 / 8. Two gates of two rows: 8 / 4 and 2 / 4. Rows: 2, 2, 0.5, 0.5.
    for per, expected in (("tensor", [1.25]), ("gate", [2.0, 0.5]), ("row", [2.0, 2.0, 0.5, 0.5])):
        codes, scale = weight_codes(weight, Ternary.model_validate({"per": per}), gates=2)
        assert scale.tolist() == expected
        assert same_bits(codes, (weight / spread(scale, 4)[:, None]).round().clamp(-1, 1))


def adversarial() -> dict[str, Tensor]:
    sparse, outlier, halves = torch.zeros(6, 7), noise(6, 7) * 1e-3, torch.full((6, 7), 2.0)
    sparse[0] = noise(7)
    outlier[2, 3] = 1e30
    halves[:3] = 1.0  # the mean is 1.5, and 3 / 1.5 = 2, 0.75 / 1.5 = 0.5
    halves[0, 0], halves[5, 6] = 0.75, 2.25
    return {
        "all zero": torch.zeros(6, 7),
        "one outlier": outlier,
        "mostly zeros": sparse,
        "halves": halves,
        "huge": noise(6, 7) * 1e37,
        "tiny": noise(6, 7) * 1e-30,
        "constant": torch.full((6, 7), -0.3),
        "least numbers": torch.full((6, 7), 1e-45),
    }


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("per", ["tensor", "gate", "row"])
@pytest.mark.parametrize("name", adversarial())
def test_codes_are_ternary_whatever_the_weights(scale: str, per: str, name: str):
    options = Ternary.model_validate({"scale": scale, "per": per})
    codes, scales = weight_codes(adversarial()[name], options, gates=3)
    assert set(codes.unique().tolist()) <= {-1.0, 0.0, 1.0}
    assert bool((scales >= options.eps).all())
    assert bool(scales.isfinite().all())
    if name in ("all zero", "tiny", "least numbers"):
        assert not codes.any()


def test_nothing_flows_through_codes_and_scales():
    weight, x = noise(6, 7).requires_grad_(), noise(5, 7).requires_grad_()
    for options in WAYS:
        made = (*weight_codes(weight, options, gates=3), *activation_codes(x, options.activations))
        assert not any(tensor.requires_grad for tensor in made)


def test_a_block_that_is_not_finite_spoils_itself_alone():
    weight = noise(6, 7)
    weight[1, 2] = torch.nan
    for scale in SCALES:
        codes, scales = weight_codes(weight, Ternary.model_validate({"scale": scale, "per": "row"}))
        broken = (codes * scales[:, None]).isnan().all(1)
        assert broken.tolist() == [False, True, False, False, False, False]


def test_scales_do_not_depend_on_the_order_of_weights():
    weight = noise(53, 101)
    for scale in SCALES:
        options = Ternary.model_validate({"scale": scale})
        _, first = weight_codes(weight, options)
        for seed in range(5):
            order = torch.randperm(weight.numel(), generator=torch.Generator().manual_seed(seed))
            mixed = weight.flatten()[order].view(101, 53)
            codes, again = weight_codes(mixed, options)
            assert same_bits(first, again)
            assert same_bits(weight_codes(weight, options)[0].flatten()[order], codes.flatten())


@pytest.mark.parametrize("options", WAYS)
def test_a_stack_of_weights_is_its_members(options: Ternary):
    weight = noise(2, 3, 6, 5) * torch.tensor([1.0, 10.0])[:, None, None, None]
    codes, scales = weight_codes(weight, options, gates=3)
    mapped = torch.vmap(torch.vmap(lambda member: weight_codes(member, options, gates=3)))(weight)
    assert same_bits(codes, mapped[0])
    assert same_bits(scales, mapped[1])
    for run in range(2):
        for pair in range(3):
            alone = weight_codes(weight[run, pair], options, gates=3)
            assert same_bits(codes[run, pair], alone[0])
            assert same_bits(scales[run, pair], alone[1])


def test_activations_by_hand():
    x = torch.tensor([[0.5, -1.0, 0.0], [254.0, 3.0, -1.0], [0.0, 0.0, 0.0]])
    codes, scale = activation_codes(x, "token")
    # 0.5 * 127 = 63.5 rounds to even, 64; the second vector's unit is 2, and 1.5 and 0.5 round to 2 and 0.
    assert codes.tolist() == [[64, -127, 0], [127, 2, 0], [0, 0, 0]]
    torch.testing.assert_close(scale.flatten() * 127, torch.tensor([1.0, 254.0, 1e-5]))
    codes, scale = activation_codes(x, "unit")
    assert codes.tolist() == [[64, -127, 0], [127, 127, -127], [0, 0, 0]]
    assert scale.shape == ()
    codes, scale = activation_codes(x, "none")
    assert same_bits(codes, x)
    assert scale.item() == 1.0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=11))
def test_activation_codes_are_whole_and_symmetric(numbers: list[float]):
    x = torch.tensor(numbers)
    for mode in ("token", "unit"):
        codes, _ = activation_codes(x, mode)
        assert bool((codes == codes.round()).all())
        assert bool((codes.abs() <= 127).all())
        assert same_bits(activation_codes(-x, mode)[0], -codes)


def test_zeros_and_ones_lose_nothing():
    x = (noise(13, 7) > 0).float()
    for mode in ("token", "unit"):
        codes, scale = activation_codes(x, mode)
        assert same_bits(codes, 127 * x)
        torch.testing.assert_close(codes * scale, x, rtol=1e-6, atol=0)


def test_straight_through_is_exact_at_both_ends():
    # At 2^25 the latent number's neighbours are 4 away, so that u + (1 - u) is not 1.
    latent = torch.cat([noise(997) * 3, torch.tensor([2.0**25, -(2.0**30), 1e-40, 0.5, -0.5, 0.0])])
    codes = latent.round().clamp(-1, 1)
    ones, zeros = torch.ones(()), torch.zeros(())
    for share in (1.0, ones, ones.expand(len(latent))):
        assert same_bits(straight_through(latent, codes, share), codes)
    for share in (0.0, zeros, zeros.expand(len(latent))):
        assert same_bits(straight_through(latent, codes, share), latent)


def test_straight_through_between_the_ends():
    latent, codes = torch.tensor([0.25, 1.5]), torch.tensor([0.0, 1.0])
    # 0.25 + 0.5 (0 - 0.25) = 0.125 and 1.5 + 0.5 (1 - 1.5) = 1.25; with 0.25: 0.1875 and 1.375.
    assert straight_through(latent, codes, 0.5).tolist() == [0.125, 1.25]
    assert straight_through(latent, codes, torch.tensor([0.5, 0.25])).tolist() == [0.125, 1.375]
    for share in (0.1, 0.37, 0.9):
        assert same_bits(straight_through(latent, codes, share), straight_through(latent, codes, torch.tensor(share)))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_its_gradient_is_the_identity_also_where_codes_are_clamped(share: float):
    latent = (noise(31) * 4).requires_grad_()
    slope = noise(31, seed=2)
    for way in (share, torch.tensor(share)):
        out = straight_through(latent, latent.detach().round().clamp(-1, 1), way)
        assert same_bits(torch.autograd.grad((out * slope).sum(), latent)[0], slope)


def test_shares_get_dimensions_behind_them():
    lifted = lift(torch.tensor([0.0, 1.0]), 2)
    assert isinstance(lifted, Tensor)
    assert lifted.shape == (2, 1, 1)
    assert lift(0.5, 2) == 0.5


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(BadInput, match="7 outputs cannot be split into 3 gates"):
        weight_codes(noise(7, 5), Ternary(), gates=3)
    check_sizes(EXACT_INPUTS, 1)
    assert EXACT_INPUTS * 127 <= 2**24 < (EXACT_INPUTS + 1) * 127
    with pytest.raises(BadInput, match="at most 132104"):
        check_sizes(EXACT_INPUTS + 1, 1)
