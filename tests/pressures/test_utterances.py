"""Counting in messages: what is reached, how open choices are, how common symbols are."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.pressures.utterances import choices, message_entropy, surprisal


def said(messages: list[list[int]], entropy: float = 0.5) -> Utterance:
    """Sampled messages of one run and one pair."""
    symbols = torch.tensor(messages).view(1, 1, len(messages), -1)
    zeros = torch.zeros(symbols.shape[:-1])
    return Utterance(symbols, zeros, zeros + entropy)


def relaxed(rows: Tensor) -> Utterance:
    """Relaxed messages ``[n, max_length, symbols + 1]`` of one run and one pair."""
    symbols = rows.argmax(-1)
    symbols = symbols * (symbols != 0).cumprod(-1)
    zeros = torch.zeros(1, 1, len(rows))
    return Utterance(symbols[None, None], zeros, zeros + 0.5, rows[None, None])


MESSAGES = [[1, 2, 0], [1, 2, 0], [1, 0, 0], [0, 0, 0], [1, 2, 2]]


def test_a_speaker_chooses_until_it_has_said_eos():
    assert choices(said(MESSAGES))[0, 0].tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]]


def test_the_entropy_of_a_message_is_that_of_all_its_choices():
    # Half a nat a choice; EOS is one, unless the message is full.
    assert message_entropy(said(MESSAGES)).flatten().tolist() == [1.5, 1.5, 1.0, 0.5, 1.5]
    assert message_entropy(said([[3, 1, 2]])).flatten().tolist() == [1.5]


def test_surprisal_by_position_counts_those_who_get_so_far():
    # Position 1: symbol 1 four times of 5, EOS once. Position 2: symbol 2 three times of 4, EOS once.
    # Position 3: EOS twice of 3, symbol 2 once.  [1, 2]: 5/4 * 4/3 * 3/2 = 5/2; the others 5.
    found = surprisal(said(MESSAGES), by_position=True, eos=True)
    expected = torch.tensor([2.5, 2.5, 5, 5, 5]).log()
    torch.testing.assert_close(found[0, 0], expected)


def test_positions_count_as_independent():
    # Two messages of probability 1/2, of which four could be made: log 4, not log 2.
    found = surprisal(said([[1, 2], [2, 1]]), by_position=True, eos=True)
    torch.testing.assert_close(found[0, 0], torch.tensor([4.0, 4.0]).log())


def test_surprisal_of_symbols_wherever_they_stand():
    # Six symbols: 1 four times, 2 and 3 once each.
    found = surprisal(said([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 2, 3]]), by_position=False, eos=False)
    common, rare = math.log(6 / 4), math.log(6)
    torch.testing.assert_close(found[0, 0], torch.tensor([2 * common, common, 0.0, common + 2 * rare]))


def test_relaxed_messages_count_by_shares():
    rows = torch.tensor([[[0, 1, 0], [0.5, 0.25, 0.25]], [[0.5, 0.5, 0], [1, 0, 0]]], requires_grad=True)
    utterance = relaxed(rows)
    assert choices(utterance)[0, 0].tolist() == [[1, 1], [1, 0.5]]
    # Position 1: counts .5, 1.5, 0 of 2, each + 1/3: 5/18, 11/18, 2/18.
    # Position 2: counts .5 + .5, .25, .25 of 1.5: 8/15, 3.5/15, 3.5/15.
    log = math.log
    first = -log(11 / 18) - 0.5 * log(8 / 15) - 0.5 * log(3.5 / 15)
    second = -0.5 * log(5 / 18) - 0.5 * log(11 / 18) - 0.5 * log(8 / 15)
    found = surprisal(utterance, by_position=True, eos=True)
    torch.testing.assert_close(found[0, 0], torch.tensor([first, second]))
    (slope,) = torch.autograd.grad(found.sum(), rows)
    assert slope[0, 1].tolist() == pytest.approx([-log(8 / 15), -log(3.5 / 15), -log(3.5 / 15)])  # none through q
    # Without EOS: symbol 1 .25 + 1 + .5, symbol 2 .25, of 2, each + 1/2: .75 and .25.
    found = surprisal(utterance, by_position=False, eos=False)
    expected = [-1.25 * log(0.75) - 0.25 * log(0.25), -0.5 * log(0.75)]
    torch.testing.assert_close(found[0, 0], torch.tensor(expected))


@pytest.mark.parametrize("by_position", [True, False])
@pytest.mark.parametrize("eos", [True, False])
def test_hard_relaxed_messages_cost_what_sampled_ones_do_but_for_the_count_that_smooths(by_position: bool, eos: bool):
    messages = torch.tensor(MESSAGES).repeat(2_000, 1)
    rows = torch.nn.functional.one_hot(messages, 3).float()
    sampled = surprisal(said(messages.tolist()), by_position=by_position, eos=eos)
    torch.testing.assert_close(surprisal(relaxed(rows), by_position=by_position, eos=eos), sampled, rtol=0, atol=2e-3)


@pytest.mark.parametrize("by_position", [True, False])
def test_nothing_said_costs_nothing(by_position: bool):
    empty = [[0, 0, 0]] * 3
    assert (surprisal(said(empty), by_position=by_position, eos=False) == 0).all()
    assert (surprisal(said(empty), by_position=by_position, eos=True) == 0).all() or not by_position
    rows = torch.nn.functional.one_hot(torch.tensor(empty), 5).float()
    assert (surprisal(relaxed(rows), by_position=by_position, eos=False) == 0).all()


@pytest.mark.parametrize("by_position", [True, False])
@pytest.mark.parametrize("soft", [True, False])
def test_what_one_agent_says_changes_nothing_for_another(by_position: bool, soft: bool):
    rng = torch.Generator().manual_seed(1)
    rows = torch.rand(2, 3, 11, 5, 7, generator=rng).softmax(-1)

    def costs(rows: Tensor) -> Tensor:
        symbols = rows.argmax(-1)
        symbols = symbols * (symbols != 0).cumprod(-1)
        zeros = torch.zeros(2, 3, 11)
        return surprisal(Utterance(symbols, zeros, zeros, rows if soft else None), by_position=by_position, eos=True)

    before = costs(rows)
    other = rows.clone()
    other[1, 2] = torch.rand(11, 5, 7, generator=rng).softmax(-1)
    after = costs(other)
    assert torch.equal(before[0], after[0])
    assert torch.equal(before[1, :2], after[1, :2])
    assert not torch.equal(before[1, 2], after[1, 2])
