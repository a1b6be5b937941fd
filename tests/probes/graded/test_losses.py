"""Losses by hand."""

from __future__ import annotations

import math

import torch

from emcomm.probes.graded.losses import contrastive_loss, forced_loss, guessing_loss, relaxed_loss


def test_forced_loss_counts_letters_and_the_first_end() -> None:
    # Two positions and two symbols besides the end. Uniform logits: log 3 for each position that counts.
    words = torch.tensor([[[1, 0, 0], [2, 1, 2]]])
    assert math.isclose(float(forced_loss(torch.zeros(3, 1, 2, 3), words)), math.log(3), rel_tol=1e-6)
    # "1 end" counts two positions, "2 1 2" three. Only the first word's first letter is certain: 4 of 5 cost log 3.
    logits = torch.zeros(3, 1, 2, 3)
    logits[0, 0, 0, 1] = 50.0
    assert math.isclose(float(forced_loss(logits, words)), 4 / 5 * math.log(3), rel_tol=1e-6)


def test_forced_loss_sees_nothing_after_the_end() -> None:
    words = torch.tensor([[[1, 0, 0]]])
    logits = torch.zeros(3, 1, 1, 3, requires_grad=True)
    (slope,) = torch.autograd.grad(forced_loss(logits, words).sum(), [logits])
    assert slope[:2].abs().min() > 0
    assert not slope[2].any()
    changed = logits.detach().clone()
    changed[2] = torch.tensor([-9.0, 4.0, 7.0])
    assert torch.equal(forced_loss(changed, words), forced_loss(logits, words))


def test_relaxed_loss_is_the_mean_binary_cross_entropy_of_all_symbols() -> None:
    # One word of one letter at two positions; uniform over three symbols: 1/3 each. A position costs
    # -log(1/3) - 2 log(2/3); there are 2 of them, and (2 + 1) x 3 numbers in the mean.
    words = torch.tensor([[[1, 0]]])
    expected = 2 * (math.log(3) - 2 * math.log(2 / 3)) / 9
    assert math.isclose(float(relaxed_loss(torch.zeros(2, 1, 1, 3), words)), expected, rel_tol=1e-6)


def test_relaxed_loss_is_torchs() -> None:
    generator = torch.Generator().manual_seed(5)
    logits = torch.randn(4, 2, 3, 5, generator=generator, requires_grad=True)
    words = torch.tensor([[[1, 2, 0, 0], [4, 0, 0, 0], [1, 2, 3, 4]], [[3, 3, 3, 0], [2, 0, 0, 0], [4, 1, 0, 0]]])
    said = logits.softmax(-1).permute(1, 2, 0, 3)
    end = torch.eye(5)[0].expand(2, 3, 1, 5)  # one position more, at which the end is certain
    right = torch.nn.functional.one_hot(torch.cat([words, torch.zeros(2, 3, 1, dtype=torch.int64)], -1), 5).float()
    both = torch.nn.functional.binary_cross_entropy(torch.cat([said, end], 2), right, reduction="none").mean((1, 2, 3))
    torch.testing.assert_close(relaxed_loss(logits, words), both)
    (slope,) = torch.autograd.grad(relaxed_loss(logits, words).sum(), [logits])
    (wanted,) = torch.autograd.grad(both.sum(), [logits])
    torch.testing.assert_close(slope, wanted)


def test_relaxed_loss_stays_finite_when_a_wrong_symbol_is_certain() -> None:
    logits = torch.zeros(1, 1, 1, 3)
    logits[..., 2] = 1e4
    logits.requires_grad_()
    loss = relaxed_loss(logits, torch.tensor([[[1]]]))
    assert math.isclose(float(loss.detach()), (100 + 24 * math.log(2)) / 6, rel_tol=1e-5)
    assert torch.isfinite(torch.autograd.grad(loss.sum(), [logits])[0]).all()


def test_contrastive_loss_of_two_pairs() -> None:
    # Scenes e1, e2 and words e1, e2: each vector's partner has cosine 1, the two others 0: log(e + 2) - 1 for each.
    pair = torch.eye(2).unsqueeze(0)
    assert math.isclose(float(contrastive_loss(pair, 3 * pair)), math.log(math.e + 2) - 1, rel_tol=1e-6)
    # With the words swapped the partner has 0, one other 1, one 0: log(e + 2).
    assert math.isclose(float(contrastive_loss(pair, pair.flip(1))), math.log(math.e + 2), rel_tol=1e-6)
    assert float(contrastive_loss(pair[:, :1], pair[:, :1])) == 0.0


def test_guessing_by_cosine() -> None:
    candidates = torch.tensor([[[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]], [[0.0, 1.0], [7.0, 0.0], [0.0, -1.0]]])
    loss, right = guessing_loss(candidates, torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]]))
    # Cosines (1, 0, -1) and (0, 1, 0), the first candidate being right.
    total = math.e + 1 + 1 / math.e
    torch.testing.assert_close(loss, torch.tensor([math.log(total) - 1, math.log(math.e + 2)]))
    assert right.tolist() == [True, False]
