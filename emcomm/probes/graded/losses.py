"""What learners of graded languages minimise; every loss is one number a learner, the mean over its samples."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, one_hot, pad

__all__ = ["contrastive_loss", "forced_loss", "guessing_loss", "relaxed_loss"]

_ALMOST_ONE = 1 - 2**-24


def relaxed_loss(logits: Tensor, words: Tensor) -> Tensor:
    """Binary cross-entropy of what was said, relaxed, with what should be said.

    The mean over samples, positions and symbols, with one position more than is spoken, at which every word has ended
    and nothing can go wrong. Positions after the end of a word count: there the end should be said again.

    Args:
        logits: float32 ``[positions, learners, n, symbols]``, noise included.
        words: int64 ``[learners, n, positions]``, 0 from the end on.

    Returns:
        float32 ``[learners]``, nats, >= 0.

    Source: Galke, Ram & Raviv 2024, whose code takes ``binary_cross_entropy`` of EGG's Gumbel-softmax samples.
    Deviation: a symbol that should not be said is charged at most 16.6 nats (the logarithm of 2^-24) instead of 100.
    """
    right = one_hot(words.movedim(-1, 0), logits.shape[-1]).bool()
    log_said = log_softmax(logits, -1)
    log_not = (1.0 - log_said.exp().clamp_max(_ALMOST_ONE)).log()
    charged = torch.where(right, log_said.clamp_min(-100.0), log_not)
    positions, _, n, symbols = logits.shape
    return -charged.sum((-1, -2)).sum(0) / (n * (positions + 1) * symbols)


def forced_loss(logits: Tensor, words: Tensor) -> Tensor:
    """Cross-entropy of letters and ends of words, each after the right letters before it; nothing after the end counts.

    Args:
        logits: float32 ``[positions, learners, n, symbols]``.
        words: int64 ``[learners, n, positions]``, 0 from the end on.

    Returns:
        float32 ``[learners]``, nats, >= 0: the mean over what is to be said, ends included.

    Source: Williams & Zipser 1989.
    """
    spoken = pad((words != 0).cumprod(-1)[..., :-1], (1, 0), value=1).movedim(-1, 0)
    right = log_softmax(logits, -1).gather(-1, words.movedim(-1, 0).unsqueeze(-1)).squeeze(-1)
    return -(right * spoken).sum(-1).cumsum(0)[-1] / spoken.sum((0, -1))


def _cosines(a: Tensor, b: Tensor) -> Tensor:
    """Cosine similarities ``[learners, n, m]``."""
    lengths = a.norm(dim=-1).unsqueeze(-1) * b.norm(dim=-1).unsqueeze(-2)
    return a @ b.mT / lengths.clamp_min(1e-8)


def contrastive_loss(scenes: Tensor, words: Tensor) -> Tensor:
    """How badly encoded scenes and words of a batch find each other among all scenes and words of the batch.

    Args:
        scenes: float32 ``[learners, n, hidden]``.
        words: float32 ``[learners, n, hidden]``; word k belongs to scene k.

    Returns:
        float32 ``[learners]``, nats, >= 0: the mean, over the 2 n scenes and words, of the cross-entropy of choosing
        the partner among the other 2 n - 1 by cosine similarity; 0 with n = 1.

    Source: Chen et al. 2020 (NT-Xent), temperature 1, as in EGG's ``NTXentLoss``.
    """
    n = scenes.shape[1]
    both = torch.cat([scenes, words], 1)
    similar = _cosines(both, both).masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
    partner = torch.arange(2 * n).roll(n)
    return -log_softmax(similar, -1)[:, torch.arange(2 * n), partner].mean(-1)


def guessing_loss(candidates: Tensor, word: Tensor) -> tuple[Tensor, Tensor]:
    """Choose, by cosine similarity, the scene that a word is about; the first candidate is right.

    Args:
        candidates: encoded scenes, float32 ``[learners, choices, hidden]``.
        word: float32 ``[learners, 1, hidden]``.

    Returns:
        the cross-entropy of the choice, float32 ``[learners]``, nats; and whether the right one was nearest, bool
        ``[learners]``.

    Source: Galke, Ram & Raviv 2024, temperature 1.
    """
    similar = _cosines(word, candidates).squeeze(1)
    return -log_softmax(similar, -1)[:, 0], similar.detach().argmax(-1) == 0
