"""A stack of learners: what is tied, what they say, what they hear."""

from __future__ import annotations

import pytest
import torch

from emcomm.probes.graded.learner import SYMBOLS, Learners

HIDDEN = 11


@pytest.fixture
def learners() -> Learners:
    return Learners([3, 8, 3], HIDDEN)


def test_first_weights_are_the_seeds(learners: Learners) -> None:
    for leaf in learners.leaves.values():
        assert torch.equal(leaf[0], leaf[2])
        assert leaf.shape[1] % 16 == 0
    assert not torch.equal(learners.leaves["letters"][0], learners.leaves["letters"][1])
    alone = Learners([8], HIDDEN)
    assert all(torch.equal(alone.leaves[name][0], leaf[1]) for name, leaf in learners.leaves.items())


def test_one_embedding_reads_writes_and_is_heard(learners: Learners) -> None:
    weights = learners.weights()
    assert weights["letters"].data_ptr() == learners.leaves["letters"].data_ptr()
    scenes, words = torch.randn(3, 2, 6), torch.tensor([[[4, 1, 0], [2, 0, 0]]]).expand(3, -1, -1)
    before = words.roll(1, -1)
    # The logits of the first position follow from the start alone: only the output layer is at work there.
    said = learners.say(weights, learners.encode(weights, scenes), before, None, 3)
    (out,) = torch.autograd.grad(said[0].square().sum(), [learners.leaves["letters"]], retain_graph=True)
    (fed,) = torch.autograd.grad(said[1, ..., 5].sum(), [learners.leaves["letters"]])
    heard = learners.read(learners.weights(), words, 3)
    (read,) = torch.autograd.grad(heard.square().sum(), [learners.leaves["letters"]])
    for slope in (out, fed, read):
        assert slope.shape == learners.leaves["letters"].shape
        assert slope.abs().sum() > 0
    rows = fed.unflatten(1, (-1,))[:, : SYMBOLS * HIDDEN].unflatten(1, (SYMBOLS, HIDDEN)).abs().sum((0, 2)) > 0
    assert rows.nonzero().flatten().tolist() == [2, 4, 5]  # read before: 4 and 2; written: 5


def test_speaker_and_listener_see_scenes_through_one_encoder(learners: Learners) -> None:
    weights, scenes = learners.weights(), torch.randn(3, 2, 6)
    said = learners.say(weights, learners.encode(weights, scenes), torch.zeros(3, 2, 4, dtype=torch.int64), None, 4)
    slopes = torch.autograd.grad(said.sum(), [learners.leaves["scene.weight"], learners.leaves["state.weight"]])
    assert all(slope.abs().sum() > 0 for slope in slopes)


def test_masks_silence_hidden_units(learners: Learners) -> None:
    weights, scenes = learners.weights(), torch.randn(3, 2, 6)
    silent = learners.encode(weights, scenes, torch.zeros(3, 2, HIDDEN))
    torch.testing.assert_close(silent, weights["state.bias"].unsqueeze(1).expand(-1, 2, -1))
    assert torch.equal(learners.encode(weights, scenes), learners.encode(weights, scenes, torch.ones(3, 2, HIDDEN)))


def test_an_utterance_is_the_likeliest_letter_after_the_likeliest_letters(learners: Learners) -> None:
    scenes, length = 5 * torch.randn(3, 7, 6, generator=torch.Generator().manual_seed(1)), 5
    words = learners.utter(scenes, length)
    weights = learners.weights()
    logits = learners.say(weights, learners.encode(weights, scenes), words.roll(1, -1), None, length)
    likeliest = logits.argmax(-1).movedim(0, -1)
    assert torch.equal(words, likeliest * (likeliest != 0).cumprod(-1))
    assert words.any()


def test_a_word_is_read_up_to_its_end_and_no_further(learners: Learners) -> None:
    weights = learners.weights()
    short, padded = torch.tensor([[[5, 0]]]).expand(3, -1, -1), torch.tensor([[[5, 0, 0, 0]]]).expand(3, -1, -1)
    torch.testing.assert_close(learners.read(weights, short, 2), learners.read(weights, padded, 4))
    other = torch.tensor([[[5, 2, 0, 0]]]).expand(3, -1, -1)
    assert not torch.equal(learners.read(weights, padded, 4), learners.read(weights, other, 4))
