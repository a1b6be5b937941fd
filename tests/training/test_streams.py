"""Streams of a stack are those of its runs."""

from __future__ import annotations

import torch

from emcomm.rng import generator
from emcomm.training.streams import Streams


def test_numbers_are_those_of_the_runs_own_generators():
    drawn = Streams([5, 7, 5]).uniform("symbols", 11, (2, 3))
    assert drawn.shape == (3, 2, 3)
    assert drawn.dtype == torch.float32
    for row, seed in zip(drawn, (5, 7, 5), strict=True):
        expected = generator(seed, "symbols", 11).random((2, 3), dtype="float32")
        assert row.tolist() == expected.tolist()
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[1])


def test_numbers_lie_below_one():
    drawn = Streams([5]).uniform("symbols", 0, (1_000_003,))
    assert drawn.min() >= 0
    assert drawn.max() < 1


def test_they_do_not_depend_on_company_place_or_what_was_drawn_before():
    alone = Streams([7]).uniform("symbols", 11, (13,))
    others = Streams([5, 3, 7])
    others.uniform("symbols", 10, (17,))
    others.uniform("meanings", 11, (2,))
    assert torch.equal(others.uniform("symbols", 11, (13,))[2], alone[0])
    assert len(others) == 3


def test_streams_and_steps_differ():
    streams = Streams([5])
    drawn = [streams.uniform(name, step, (13,)) for name in ("symbols", "meanings") for step in (0, 1, 2)]
    assert len(torch.cat(drawn).unique()) == 6 * 13


def test_the_first_numbers_of_a_larger_draw_are_those_of_a_smaller_one():
    # Arms of a study may differ in pairs: the first pair then sees the same meanings.
    streams = Streams([5])
    assert torch.equal(streams.uniform("meanings", 3, (2, 7))[0, 0], streams.uniform("meanings", 3, (1, 7))[0, 0])


def test_turns_of_a_step_have_numbers_of_their_own():
    streams = Streams([5, 7])
    drawn = [streams.uniform("symbols", step, (13,), turn) for step in (0, 1) for turn in (0, 1, 2)]
    assert len(torch.cat(drawn).unique()) == 6 * 2 * 13
    assert torch.equal(drawn[0], streams.uniform("symbols", 0, (13,)))
    assert torch.equal(Streams([7]).uniform("symbols", 1, (13,), 2)[0], drawn[5][1])
