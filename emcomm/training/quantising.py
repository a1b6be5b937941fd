"""How far the runs of a stack are quantised, step by step, and signs of how their ternary weights fare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from emcomm.ternary import Watch, flip_rate, quantised, weight_codes, zero_share
from emcomm.training.agent_stack import AgentStack
from emcomm.training.run import Run

__all__ = ["HEALTH", "code_health", "finish_shares", "share_values", "take_shares"]

HEALTH = ("zero_share", "flip_rate", "saturation")


def share_values(runs: Sequence[Run], step: int) -> list[float]:
    """The share of the quantiser in each run at a step of training, in [0, 1]."""
    return [run.setup.quantisation.share_at(step, run.setup.steps) for run in runs]


def take_shares(stacks: Iterable[AgentStack], runs: Sequence[Run], step: int) -> None:
    """Quantise ternary agents as far as this step of training wants, and empty optimisers where that is asked for."""
    shares, fresh = share_values(runs, step), [_begins_anew(run, step) for run in runs]
    for stack in stacks:
        if stack.ternary:
            stack.quantise(shares)
            if any(fresh):
                stack.forget(torch.tensor(fresh).unsqueeze(-1).expand(-1, stack.pairs))


def _begins_anew(run: Run, step: int) -> bool:
    """Whether the run's optimisers are to forget at this step what they remember."""
    schedule = run.setup.quantisation
    if not step or schedule.keep_optimizer or schedule.kind == "never":
        return False
    return schedule.transition_step(run.setup.steps) == step


def finish_shares(stacks: Iterable[AgentStack], runs: Sequence[Run]) -> None:
    """Quantise ternary agents as they will be after training."""
    for stack in stacks:
        if stack.ternary:
            stack.quantise([run.setup.quantisation.final for run in runs])


def code_health(stack: AgentStack, watches: Mapping[str, Watch]) -> dict[str, Tensor]:
    """How the ternary weights of a stack fare; remembers their codes for the next time.

    Args:
        stack: agents of one role, or tied ones, who are both and whose weights are told of under both.
        watches: what was seen of activations, by role.

    Returns:
        ``ROLE_zero_share``, ``ROLE_flip_rate`` (since the last time) and ``ROLE_saturation``, each ``[runs]`` in 0..1,
        mean over the agents of a run; NaN where there is none: for float agents, the first time, and for agents that
        are mapped over the stack, whose activations cannot be told apart. Saturation is over all positions of a
        message, also those after its end. Float64.
    """
    runs = len(stack.seeds)
    undefined = torch.full((runs,), float("nan"), dtype=torch.float64)
    roles = tuple(watches) if stack.role not in watches else (stack.role,)
    if not stack.ternary:
        return {f"{role}_{sign}": undefined for role in roles for sign in HEALTH}
    codes = _codes(stack)
    flips = undefined if stack.codes is None else _by_run(flip_rate(stack.codes, codes, 1), runs)
    stack.codes = codes
    never = torch.tensor(stack.shares) == 0
    told: dict[str, Tensor] = {}
    for role in roles:
        seen = watches[role].saturation
        saturated = undefined if seen is None or seen.shape != codes.shape[:1] else _by_run(seen, runs)
        signs = (_by_run(zero_share(codes, 1), runs), flips, saturated)
        told |= {
            f"{role}_{sign}": value.masked_fill(never, float("nan")) for sign, value in zip(HEALTH, signs, strict=True)
        }
    return told


def _codes(stack: AgentStack) -> Tensor:
    """Codes of all ternary weights of each agent, int8 ``[agents, weights]``."""
    found = []
    for name, layer in quantised(stack.module).items():
        assert layer.options is not None
        for leaf, gates in layer.fused.items():
            view = stack.view(f"{name}.{leaf}" if name else leaf)
            flat = view.flatten(view.dim() - layer.trailing + 1)
            found.append(weight_codes(flat, layer.options, gates)[0].flatten(1).to(torch.int8))
    return torch.cat(found, 1)


def _by_run(values: Tensor, runs: int) -> Tensor:
    return values.double().cpu().view(runs, -1).mean(1)
