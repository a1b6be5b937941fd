"""Transformers: the block beside torch's own, what is remembered, what a position sees."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from emcomm.agents import Transformer
from emcomm.agents.transformer import TransformerSpeaker
from emcomm.agents.transformer_block import Block, Norm
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.worlds.form import Flat

HIDDEN, HEADS, POSITIONS, N = 10, 2, 5, 11


def random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def block_of(seed: int = 1) -> Block:
    torch.manual_seed(seed)
    block = Block(HIDDEN, HEADS)
    with torch.no_grad():  # gains and biases other than at birth
        for norm in (block.look, block.think):
            norm.gain.add_(torch.randn(HIDDEN))
            norm.bias.add_(torch.randn(HIDDEN))
    return block


def causal(positions: int) -> Tensor:
    return torch.arange(positions) <= torch.arange(positions).unsqueeze(-1)


def test_a_block_is_a_layer_of_torchs_transformer():
    block = block_of()
    twin = nn.TransformerEncoderLayer(HIDDEN, HEADS, 4 * HIDDEN, 0.0, batch_first=True, norm_first=True)
    own = {name: parameter.detach() for name, parameter in block.named_parameters()}
    pairs = {
        "self_attn.out_proj": "mix",
        "linear1": "wide",
        "linear2": "narrow",
    }
    with torch.no_grad():
        twin.self_attn.in_proj_weight.copy_(torch.cat([own["ask.weight"], own["remember.weight"]]))
        twin.self_attn.in_proj_bias.copy_(torch.cat([own["ask.bias"], own["remember.bias"]]))
        for theirs, ours in pairs.items():
            for name in ("weight", "bias"):
                twin.get_parameter(f"{theirs}.{name}").copy_(own[f"{ours}.{name}"])
        for theirs, ours in (("norm1", "look"), ("norm2", "think")):
            twin.get_parameter(f"{theirs}.weight").copy_(own[f"{ours}.gain"])
            twin.get_parameter(f"{theirs}.bias").copy_(own[f"{ours}.bias"])
    x = random(N, POSITIONS, HIDDEN)
    found, _ = block(x, causal(POSITIONS))
    torch.testing.assert_close(found, twin(x, src_mask=~causal(POSITIONS)), rtol=1e-4, atol=1e-5)
    everything, _ = block(x, None)
    torch.testing.assert_close(everything, twin(x), rtol=1e-4, atol=1e-5)


def test_one_position_at_a_time_is_all_at_once():
    block, x = block_of(), random(N, POSITIONS, HIDDEN)
    whole, remembered = block(x, causal(POSITIONS))
    past, steps = None, []
    for position in range(POSITIONS):
        step, new = block(x[:, position : position + 1], None, past)
        past = new if past is None else torch.cat([past, new], -2)
        steps.append(step)
    torch.testing.assert_close(torch.cat(steps, -2), whole)
    torch.testing.assert_close(past, remembered)


def test_the_position_that_is_wanted_is_that_of_all():
    block, x = block_of(), random(N, POSITIONS, HIDDEN)
    whole, _ = block(x, causal(POSITIONS))
    at = torch.arange(N) % POSITIONS
    one, _ = block(x, torch.arange(POSITIONS) <= at[:, None, None], at=at)
    torch.testing.assert_close(one, whole[torch.arange(N), at].unsqueeze(1))


def test_a_norm_by_hand():
    # (1, 2, 6): mean 3, variance (4 + 1 + 9) / 3 = 14 / 3.
    norm = Norm(3)
    expected = torch.tensor([-2.0, -1.0, 3.0]) / (14 / 3) ** 0.5
    torch.testing.assert_close(norm(torch.tensor([[1.0, 2.0, 6.0]])), expected.unsqueeze(0))
    norm.gain.data, norm.bias.data = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, 0.0, -1.0])
    scaled = expected * torch.tensor([1.0, 2.0, 3.0]) + torch.tensor([0.5, 0.0, -1.0])
    torch.testing.assert_close(norm(torch.tensor([[1.0, 2.0, 6.0]])), scaled.unsqueeze(0))


def test_what_a_speaker_remembers_grows_by_a_position_a_step():
    torch.manual_seed(1)
    speaker = Transformer(hidden=HIDDEN, heads=HEADS, layers=3).speaker(Flat(7), Channel(5, 4))
    assert isinstance(speaker, TransformerSpeaker)
    state, logits = speaker.start(random(N, 7))
    for said in (1, 2, 3):
        assert state.shape == (N, said, 3 * 2 * HIDDEN)
        before, (state, logits) = state, speaker.step(state, torch.full((N,), said))
        assert torch.equal(state[:, :said], before)
        assert logits.shape == (N, 6)


@pytest.mark.parametrize("early", [0, 1])
def test_speakers_remember_what_they_said_first(early: int):
    # Two messages that differ in one early symbol go on differently however many equal symbols follow.
    torch.manual_seed(1)
    speaker = Transformer(hidden=HIDDEN, heads=HEADS).speaker(Flat(7), Channel(5, 4))
    found = []
    for changed in (1, 2):
        said = [3, 3, 3]
        said[early] = changed
        state, logits = speaker.start(torch.ones(1, 7))
        for symbol in said:
            state, logits = speaker.step(state, torch.tensor([symbol]))
        found.append(logits)
    assert not torch.allclose(*found)


def test_order_is_heard():
    torch.manual_seed(1)
    listener = Transformer(hidden=HIDDEN, heads=HEADS).listener(Flat(7), Channel(5, 4), (2, 3))
    answers = listener(torch.tensor([[1, 2, 3, 0], [2, 1, 3, 0], [3, 1, 2, 0]]), torch.ones(3, 7), None)
    assert not torch.allclose(answers[0], answers[1])
    assert not torch.allclose(answers[0], answers[2])


def test_heads_divide_the_width():
    with pytest.raises(BadInput, match="heads must divide hidden=64, got heads=5") as caught:
        Transformer(heads=5)
    assert "\n" not in str(caught.value)
