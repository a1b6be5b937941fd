"""Messages: trimmed, scored as if said again, sampled as the speaker's distribution says, greedy or relaxed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emcomm.agents import Utterance
from emcomm.agents.speaking import speak, speak_relaxed
from emcomm.channel import Channel, message_lengths, trim

VARIABLE, FIXED = Channel(5, 3), Channel(5, 3, variable=False)
BOTH = pytest.mark.parametrize("channel", [VARIABLE, FIXED], ids=["variable", "fixed"])


def uniform(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def about(n: int, meanings: int = 13, seed: int = 2) -> Tensor:
    return torch.randint(meanings, (n,), generator=torch.Generator().manual_seed(seed))


def retold(speaker, features: Tensor, index: Tensor, symbols: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Log-probability and mean entropy of given messages, and the logits ``[n, max_length, ...]``, by plain means."""
    state, logits = speaker.start(features[index])
    variable, every = speaker.channel.variable, []
    log_prob, entropy = torch.zeros(len(index)), torch.zeros(len(index))
    turns, alive = torch.zeros(len(index)), torch.ones(len(index), dtype=torch.bool)
    for position in range(symbols.shape[-1]):
        said = symbols[:, position] - int(not variable)
        each = torch.distributions.Categorical(logits=logits)
        every.append(logits)
        log_prob = log_prob + torch.where(alive, each.log_prob(said), 0)
        entropy = entropy + torch.where(alive, each.entropy(), 0)
        turns = turns + alive
        if variable:
            alive = alive & (said != 0)
        state, logits = speaker.step(state, symbols[:, position])
    return log_prob, entropy / turns, torch.stack(every, 1)


@BOTH
def test_a_message_is_scored_as_if_it_were_said_again(channel: Channel, speaker_of, features: Tensor):
    speaker, index = speaker_of(channel), about(101)
    said = speak(speaker, features, index, uniform(101, 3))
    assert isinstance(said, Utterance)
    assert said.relaxed is None
    assert (said.log_prob <= 0).all()
    log_prob, entropy, _ = retold(speaker, features, index, said.symbols)
    torch.testing.assert_close(said.log_prob, log_prob)
    torch.testing.assert_close(said.entropy, entropy)


@BOTH
def test_its_gradient_is_that_of_the_plain_formula(channel: Channel, speaker_of, features: Tensor):
    speaker, index, weight = speaker_of(channel), about(101), uniform(101, seed=5)
    said = speak(speaker, features, index, uniform(101, 3))
    found = torch.autograd.grad((weight * said.log_prob - said.entropy).sum(), list(speaker.parameters()))
    log_prob, entropy, _ = retold(speaker, features, index, said.symbols)
    expected = torch.autograd.grad((weight * log_prob - entropy).sum(), list(speaker.parameters()))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_messages_of_a_variable_channel_are_trimmed(speaker_of, features: Tensor):
    said = speak(speaker_of(VARIABLE), features, about(997), uniform(997, 3)).symbols
    assert said.dtype == torch.int64
    assert torch.equal(said, trim(said))
    assert set(message_lengths(said).tolist()) == {0, 1, 2, 3}
    assert set(said.flatten().tolist()) == {0, 1, 2, 3, 4, 5}


def test_messages_of_a_fixed_channel_have_every_symbol(speaker_of, features: Tensor):
    said = speak(speaker_of(FIXED), features, about(997), uniform(997, 3)).symbols
    assert said.shape == (997, 3)
    assert set(said.flatten().tolist()) == {1, 2, 3, 4, 5}


@BOTH
def test_without_draws_each_symbol_is_the_most_probable(channel: Channel, speaker_of, features: Tensor):
    speaker, index = speaker_of(channel), torch.arange(13)
    with torch.no_grad():
        speaker.encoder.weight.mul_(9)
    said = speak(speaker, features, index, None)
    _, _, logits = retold(speaker, features, index, said.symbols)
    assert torch.equal(said.symbols, trim(logits.argmax(-1) + int(not channel.variable)))
    assert len(said.symbols.unique(dim=0)) > 3


def test_messages_follow_the_speakers_distribution(speaker_of, features: Tensor):
    channel, n = Channel(2, 2), 40_009
    speaker = speaker_of(channel, seed=1)
    said = speak(speaker, features, torch.zeros(n, dtype=torch.int64), uniform(n, 2)).symbols
    every = torch.tensor([[0, 0], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2]])
    probability = retold(speaker, features, torch.zeros(7, dtype=torch.int64), every)[0].exp()
    assert probability.sum().item() == pytest.approx(1.0, abs=1e-5)
    shares = (said.unsqueeze(1) == every).all(-1).float().mean(0)
    deviation = (shares - probability) / (probability * (1 - probability) / n).sqrt()
    assert deviation.abs().max() < 4  # standard errors


@BOTH
def test_many_games_about_few_meanings_are_as_few_games_about_many(channel: Channel, speaker_of, features: Tensor):
    # From 13 games on, the first state of each of the 13 meanings is computed once and looked up.
    speaker, index, draws = speaker_of(channel), about(17), uniform(17, 3)
    shared = speak(speaker, features, index, draws)
    parts = [speak(speaker, features, index[part], draws[part]) for part in (slice(0, 7), slice(7, 17))]
    assert torch.equal(shared.symbols, torch.cat([part.symbols for part in parts]))
    for name in ("log_prob", "entropy"):
        torch.testing.assert_close(getattr(shared, name), torch.cat([getattr(part, name) for part in parts]))


def test_a_stack_speaks_like_its_members(speaker_of, stacked, features: Tensor):
    members = [speaker_of(VARIABLE, seed) for seed in (0, 1)]
    whole, index, draws = (
        stacked(speaker_of(VARIABLE), *members),
        torch.stack([about(17), about(17, 3)]),
        uniform(2, 17, 3),
    )
    said = speak(whole, features.expand(2, -1, -1), index, draws)
    for place, member in enumerate(members):
        alone = speak(member, features, index[place], draws[place])
        assert torch.equal(said.symbols[place], alone.symbols)
        torch.testing.assert_close(said.log_prob[place], alone.log_prob)
        torch.testing.assert_close(said.entropy[place], alone.entropy)


def test_a_longer_message_elsewhere_in_the_stack_changes_no_bit(speaker_of, stacked, features: Tensor):
    channel = Channel(5, 19)
    quiet, talkative = speaker_of(channel, 0), speaker_of(channel, 1)
    with torch.no_grad():
        quiet.out.bias[0] += 2.0
        talkative.out.bias[0] -= 100.0
    index, draws, board = about(53).expand(2, -1), uniform(2, 53, 19), features.expand(2, -1, -1)
    found = []
    for other in (quiet, talkative):
        whole = stacked(speaker_of(channel), quiet, other)
        said = speak(whole, board, index, draws)
        slopes = torch.autograd.grad((said.log_prob - said.entropy).sum(), list(whole.parameters()))
        found.append([said.symbols[0], said.log_prob[0], said.entropy[0], *(slope[0] for slope in slopes)])
    longest = message_lengths(found[0][0]).max()
    assert 8 < longest < 19  # else nothing is put to the test
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def relaxed(speaker, features: Tensor, n: int = 101, temperature: float = 1.0, hard: bool = True, seed: int = 1):
    channel = speaker.channel
    draws = uniform(n, channel.max_length, channel.symbols + channel.variable, seed=seed)
    return speak_relaxed(speaker, features, about(n), draws, torch.tensor(temperature), hard)


@BOTH
@pytest.mark.parametrize("hard", [True, False])
def test_relaxed_rows_are_distributions(channel: Channel, hard: bool, speaker_of, features: Tensor):
    said = relaxed(speaker_of(channel), features, hard=hard)
    assert said.relaxed.shape == (101, 3, 6)  # end-of-sequence and five symbols, also where nothing ends
    torch.testing.assert_close(said.relaxed.sum(-1), torch.ones(101, 3))
    assert torch.equal(said.symbols, trim(said.relaxed.argmax(-1)))
    assert (said.log_prob == 0).all()
    if not channel.variable:
        assert (said.relaxed[..., 0] == 0).all()
        assert (said.symbols != 0).all()
    if hard:
        torch.testing.assert_close(said.relaxed, said.relaxed.round(), rtol=0, atol=1e-6)
    else:
        assert 0.1 < said.relaxed.max(-1).values.min() < 0.9


@pytest.mark.parametrize("hard", [True, False])
def test_gradients_flow_through_every_relaxed_row(hard: bool, speaker_of, features: Tensor):
    speaker = speaker_of(VARIABLE)
    weight = uniform(6, seed=7)
    for position in range(3):
        said = relaxed(speaker, features, hard=hard)
        (slope,) = torch.autograd.grad((said.relaxed[:, position] * weight).sum(), speaker.encoder.weight)
        assert slope.abs().sum() > 0


def test_straight_through_has_the_gradient_of_the_soft_rows(speaker_of, features: Tensor):
    speaker, weight = speaker_of(Channel(5, 1)), uniform(6, seed=7)
    slopes = [
        torch.autograd.grad((relaxed(speaker, features, hard=hard).relaxed * weight).sum(), speaker.out.weight)[0]
        for hard in (True, False)
    ]
    torch.testing.assert_close(*slopes)


def test_cold_soft_rows_are_the_hard_ones(speaker_of, features: Tensor):
    speaker = speaker_of(VARIABLE)
    cold, hard = (relaxed(speaker, features, temperature=1e-3, hard=hard) for hard in (False, True))
    assert torch.equal(cold.symbols, hard.symbols)
    near = (cold.relaxed - hard.relaxed).abs().amax((-1, -2)) < 1e-3
    assert near.float().mean() > 0.95  # a tie within a thousandth may leave a row in between


def test_relaxed_symbols_follow_the_speakers_distribution(speaker_of, features: Tensor):
    speaker, n = speaker_of(Channel(5, 1), seed=1), 20_011
    draws = uniform(n, 1, 6)
    said = speak_relaxed(speaker, features, torch.zeros(n, dtype=torch.int64), draws, torch.tensor(2.0), False)
    _, logits = speaker.start(features[:1])
    probability = logits[0].softmax(-1)
    shares = torch.bincount(said.symbols[:, 0], minlength=6) / n
    deviation = (shares - probability) / (probability * (1 - probability) / n).sqrt()
    assert deviation.abs().max() < 4  # standard errors


def test_hard_rows_continue_a_message_like_symbols(speaker_of, features: Tensor):
    speaker = speaker_of(FIXED)
    said = relaxed(speaker, features)
    _, entropy, logits = retold(speaker, features, about(101), said.symbols)
    gumbel = -(-uniform(101, 3, 5).log()).log()
    assert torch.equal(said.symbols, (logits + gumbel).argmax(-1) + 1)
    torch.testing.assert_close(said.entropy, entropy)


def test_the_entropy_of_a_relaxed_message_stops_with_it(speaker_of, features: Tensor):
    speaker = speaker_of(VARIABLE)
    said = relaxed(speaker, features)
    assert set(message_lengths(said.symbols).tolist()) == {0, 1, 2, 3}
    torch.testing.assert_close(said.entropy, retold(speaker, features, about(101), said.symbols)[1])


@pytest.mark.parametrize("draw", [0.0, 1 - 2**-24])
def test_extreme_draws_leave_relaxed_messages_finite(draw: float, speaker_of, features: Tensor):
    speaker = speaker_of(VARIABLE)
    said = speak_relaxed(speaker, features, about(17), torch.full((17, 3, 6), draw), torch.tensor(0.1), False)
    assert said.relaxed is not None
    slopes = torch.autograd.grad((said.relaxed * uniform(6)).sum(), list(speaker.parameters()))
    assert all(torch.isfinite(each).all() for each in (said.relaxed, said.entropy, *slopes))


def test_each_member_of_a_stack_has_its_own_temperature(speaker_of, stacked, features: Tensor):
    member, index = speaker_of(FIXED), about(17)
    whole, draws = stacked(speaker_of(FIXED), member, member), uniform(17, 3, 5).expand(2, -1, -1, -1)
    said = speak_relaxed(whole, features.expand(2, -1, -1), index.expand(2, -1), draws, torch.tensor([0.5, 2.0]), False)
    for place, temperature in enumerate((0.5, 2.0)):
        alone = speak_relaxed(member, features, index, draws[0], torch.tensor(temperature), False)
        assert said.relaxed is not None
        torch.testing.assert_close(said.relaxed[place], alone.relaxed)
    assert said.relaxed is not None
    assert said.relaxed[0].max(-1).values.mean() > said.relaxed[1].max(-1).values.mean()
