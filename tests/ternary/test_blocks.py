"""Attention, feed-forward and graph layers against their formulas, float and ternary."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from emcomm.errors import BadInput
from emcomm.ternary import Attention, FeedForward, GraphLayer, Norm, Ternary, quantised, ternary_tensors
from emcomm.ternary.normalise import normalise
from tests.ternary.making import WAYS, noise, numbered, same_bits

N, MEMBERS, WIDTH = 3, 5, 6


def test_float_attention_is_torchs_attention():
    mine, theirs = numbered(Attention(WIDTH, 2), 1), nn.MultiheadAttention(WIDTH, 2, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(mine.inward.weight)
        theirs.in_proj_bias.copy_(mine.inward.bias)  # type: ignore[arg-type]
        theirs.out_proj.weight.copy_(mine.outward.weight)
        theirs.out_proj.bias.copy_(mine.outward.bias)  # type: ignore[arg-type]
    x, mask = noise(N, MEMBERS, WIDTH), torch.ones(MEMBERS, MEMBERS).tril().bool()
    torch.testing.assert_close(mine(x), theirs(x, x, x)[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mine(x, mask), theirs(x, x, x, attn_mask=~mask)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", [None, *WAYS])
def test_who_is_not_looked_at_gets_nothing_through(options: Ternary | None):
    block, x = numbered(Attention(WIDTH, 3, options, "rms"), 1), noise(N, MEMBERS, WIDTH).requires_grad_()
    mask = torch.ones(N, MEMBERS, MEMBERS, dtype=torch.bool)
    mask[:, :, 4] = False
    mask[1, 2] = False  # one who looks at nobody
    out = block(x, mask)
    (slope,) = torch.autograd.grad(out[:, :4].square().sum(), x)
    assert bool(slope.isfinite().all())
    assert not slope[:, 4].any()
    changed = x.detach().clone()
    changed[:, 4] = 50 * noise(N, WIDTH, seed=3)
    assert same_bits(block(changed, mask)[:, :4], out[:, :4])
    assert block.outward.bias is not None
    assert same_bits(out[1, 2], block.outward.bias)


def test_attention_does_not_care_for_order():
    order = torch.tensor([3, 0, 4, 1, 2])
    for options in (None, *WAYS):
        block, x = numbered(Attention(WIDTH, 2, options), 1), noise(N, MEMBERS, WIDTH)
        torch.testing.assert_close(block(x)[:, order], block(x[:, order]), rtol=1e-4, atol=1e-4)


def test_queries_keys_and_values_have_scales_of_their_own():
    trits = ternary_tensors(Attention(WIDTH, 2, Ternary()))
    assert {name: len(tensor.scales) for name, tensor in trits.items()} == {"inward.weight": 3, "outward.weight": 1}
    assert quantised(Attention(WIDTH, 2)) == {}


def test_feed_forward_is_two_maps():
    block, x = numbered(FeedForward(WIDTH, 13), 1), noise(N, MEMBERS, WIDTH)
    inner = linear(x, block.widen.weight, block.widen.bias).clamp_min(0)
    torch.testing.assert_close(block(x), linear(inner, block.narrow.weight, block.narrow.bias))
    ternary = numbered(FeedForward(WIDTH, 13, Ternary(), "layer"), 1)
    assert same_bits(ternary(x), ternary.narrow(ternary.widen(x).relu()))
    assert ternary.widen.norm == ternary.narrow.norm == "layer"


def test_messages_by_hand():
    layer = GraphLayer(1, 1)
    with torch.no_grad():
        layer.own.weight.fill_(2.0)
        layer.own.bias.fill_(0.5)  # type: ignore[union-attr]
        layer.neighbours.weight.fill_(10.0)
    # Node 0 takes half of node 1 and all of node 2; node 1 takes from 0; node 2 from nobody.
    x, adjacency = torch.tensor([[[1.0], [2.0], [3.0]]]), torch.tensor([[0, 0.5, 1], [1, 0, 0], [0, 0, 0]])
    # Twice one's own, a half, and ten times 1 + 3, 1 and nothing.
    assert layer(x, adjacency).flatten().tolist() == [42.5, 14.5, 6.5]


@pytest.mark.parametrize("norm", ["rms", "layer"])
def test_what_goes_into_each_map_is_normalised(norm: Norm):
    x, adjacency = noise(N, MEMBERS, WIDTH) * 5 + 2, (noise(N, MEMBERS, MEMBERS, seed=2) > 0).float()
    look, plain = numbered(Attention(WIDTH, 2, norm=norm), 1), numbered(Attention(WIDTH, 2), 1)
    seen: list[Tensor] = []
    plain.outward.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    plain(normalise(x, norm))
    torch.testing.assert_close(look(x), linear(normalise(seen[0], norm), look.outward.weight, look.outward.bias))
    graph = numbered(GraphLayer(WIDTH, 7, norm=norm), 1)
    own = linear(normalise(x, norm), graph.own.weight, graph.own.bias)
    heard = linear(normalise(adjacency @ x, norm), graph.neighbours.weight)
    torch.testing.assert_close(graph(x, adjacency), own + heard)
    block = numbered(FeedForward(WIDTH, 13, norm=norm), 1)
    inner = linear(normalise(x, norm), block.widen.weight, block.widen.bias).relu()
    torch.testing.assert_close(block(x), linear(normalise(inner, norm), block.narrow.weight, block.narrow.bias))


@pytest.mark.parametrize("options", [None, *WAYS])
def test_other_names_of_nodes_give_the_same_graph(options: Ternary | None):
    layer, x = numbered(GraphLayer(WIDTH, 7, options), 1), noise(N, MEMBERS, WIDTH)
    adjacency, order = (noise(N, MEMBERS, MEMBERS) > 0).float(), torch.tensor([3, 0, 4, 1, 2])
    renamed = layer(x[:, order], adjacency[:, order][:, :, order])
    torch.testing.assert_close(layer(x, adjacency)[:, order], renamed, rtol=1e-4, atol=1e-4)


def test_heads_divide_the_width():
    with pytest.raises(BadInput, match="a divisor of the width 6, got 4"):
        Attention(6, 4)
