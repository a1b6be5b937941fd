"""What holds for every agent: a stack is its members, runs keep to themselves, everything learns, mapping works."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emcomm.channel import trim
from tests.agents.kinds import (
    BOTH,
    EVERY,
    FORM,
    KINDS,
    LISTENING,
    N,
    Stacked,
    about,
    channel_for,
    messages,
    pointing,
    stack_of,
    uniform,
)

SEEDS = (5, 7, 11)
ROLES = pytest.mark.parametrize("role", ["speaker", *LISTENING])


@pytest.fixture(scope="module")
def board(features: Tensor) -> Tensor:
    """The thirteen meanings for each of three agents: ``[3, 13, 11]``."""
    return features.expand(3, -1, -1)


def outcomes(stack: Stacked, role: str, board: Tensor, runs: slice = slice(None)) -> list[Tensor]:
    """What agents do with the same games each time and the slopes of that, ``[agents, ...]`` each."""
    if role == "speaker":
        said, slopes = stack.say(board[runs], about()[runs], uniform(3, N, stack.channel.max_length)[runs])
        return said + slopes
    message, candidates = trim(messages(stack.channel, 3, N))[runs], pointing(role)
    candidates = None if candidates is None else candidates[runs]
    whole, slopes = stack.hear(message, board[runs], candidates)
    prefixes, others = stack.hear(message, board[runs], candidates, True)
    return [whole, prefixes, *slopes, *others]


@EVERY
@ROLES
@BOTH
def test_a_stack_is_its_members_bit_for_bit(kind: str, role: str, variable: bool, board: Tensor):
    together = outcomes(stack_of(kind, role, variable), role, board)
    for place, seed in enumerate(SEEDS):
        run = slice(place, place + 1)
        alone = outcomes(stack_of(kind, role, variable, (seed,)), role, board, run)
        assert all(torch.equal(one[run], other) for one, other in zip(together, alone, strict=True))


@EVERY
@ROLES
@BOTH
def test_a_run_that_breaks_touches_no_other(kind: str, role: str, variable: bool, board: Tensor):
    clean, spoilt = stack_of(kind, role, variable), stack_of(kind, role, variable)
    spoilt.spoil(1)
    before, after = outcomes(clean, role, board), outcomes(spoilt, role, board)
    assert not after[1][1].isfinite().any()
    for one, other in zip(before, after, strict=True):
        assert torch.equal(one[[0, 2]], other[[0, 2]])


@EVERY
@ROLES
def test_every_parameter_learns(kind: str, role: str, board: Tensor):
    stack = stack_of(kind, role)
    names = list(stack.stack.views)
    slopes = outcomes(stack, role, board)[-len(names) :]
    for name, slope in zip(names, slopes, strict=True):
        assert (slope.flatten(1) != 0).any(-1).all(), name


@EVERY
@ROLES
@BOTH
@pytest.mark.parametrize("stacks", [False, "loop"], ids=["vmap", "loop"])
def test_modules_that_are_mapped_do_the_same(kind: str, role: str, variable: bool, stacks, board: Tensor):
    expected = outcomes(stack_of(kind, role, variable), role, board)
    found = outcomes(stack_of(kind, role, variable, stacks=stacks), role, board)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5)


@EVERY
@ROLES
def test_bfloat16_products_are_close_to_float32(kind: str, role: str, features: Tensor):
    agent = KINDS[kind]
    channel = channel_for(agent, False)
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        torch.manual_seed(3)
        if role == "speaker":
            found.append(agent.speaker(FORM, channel, dtype).start(features)[1])
        else:
            listener = agent.listener(FORM, channel, LISTENING[role], dtype)
            candidates = pointing(role)
            found.append(listener(messages(channel, N), features, None if candidates is None else candidates[0]))
    exact, rounded = found
    assert rounded.dtype == torch.float32
    assert not torch.equal(exact, rounded)
    torch.testing.assert_close(rounded, exact, rtol=0.1, atol=0.1)
