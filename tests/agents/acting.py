"""What agents do with the same inputs, in batches of several sizes and with one or two threads; also as a program.

The program knows a folder of agents and of their inputs, and nothing else: no results folder. Agents are packed, or
are built anew and get the latent weights that they were trained with.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from emcomm.agents import Agent, Speaker, load_packed
from emcomm.agents.speaking import speak
from emcomm.channel import Channel
from emcomm.worlds import form as forms

__all__ = ["BATCHES", "Inputs", "acts"]

Inputs = dict[str, Tensor]
BATCHES = (1, 7, 256)
THREADS = (1, 2)


@torch.no_grad()
def acts(
    module: nn.Module, inputs: Inputs, batches: Sequence[int] = BATCHES, threads: Sequence[int] = THREADS
) -> dict[str, Tensor]:
    """Everything an agent does: of a speaker messages and logits, of a listener answers.

    Args:
        module: a speaker or a listener.
        inputs: ``features [meanings, row]``, ``messages [n, max_length]``, ``index [n]`` of the meanings spoken about,
            and ``candidates [n, K]`` unless attributes are named.
        batches: how many games at once.
        threads: with how many threads.
    """
    before = torch.get_num_threads()
    found: dict[str, Tensor] = {}
    for count in threads:
        torch.set_num_threads(count)
        for batch in batches:
            cut = {name: rows if name == "features" else rows[:batch].contiguous() for name, rows in inputs.items()}
            did = _said(module, cut) if isinstance(module, Speaker) else _answered(module, cut)
            found |= {f"{name}, batch {batch}, threads {count}": numbers.contiguous() for name, numbers in did.items()}
    torch.set_num_threads(before)
    return found


def _said(speaker: Speaker, inputs: Inputs) -> dict[str, Tensor]:
    said = speak(speaker, inputs["features"], inputs["index"], None)
    state, logits = speaker.start(inputs["features"][inputs["index"]])
    heard = [logits]
    for symbols in inputs["messages"].unbind(-1)[:-1]:
        state, logits = speaker.step(state, symbols.clamp_max(speaker.channel.symbols))
        heard.append(logits)
    return {"symbols": said.symbols, "log_prob": said.log_prob, "logits": torch.stack(heard, 1)}


def _answered(listener: nn.Module, inputs: Inputs) -> dict[str, Tensor]:
    candidates = inputs.get("candidates")
    logits = listener(inputs["messages"], inputs["features"], candidates)
    early = listener(inputs["messages"], inputs["features"], candidates, True)
    return {"logits": logits, "early": early, "answers": logits.argmax(-1)}


def _with_latent_weights(file: Path) -> nn.Module:
    """An agent built from its set-up, with latent weights, at share 1; from ``NAME.json`` and ``NAME.latent``."""
    about = json.loads(file.with_suffix(".json").read_text())
    agent, channel = Agent.model_validate(about["agent"]), Channel(**about["channel"])
    seen, products = getattr(forms, about["form"])(*about["shape"]), getattr(torch, about["products"])
    sizes = None if about["sizes"] is None else tuple(about["sizes"])
    speaks = about["role"] == "speaker"
    module = agent.speaker(seen, channel, products) if speaks else agent.listener(seen, channel, sizes, products)
    module.load_state_dict(load_file(file.with_suffix(".latent")))
    return module.eval()


if __name__ == "__main__":
    made = {"packed": load_packed, "latent": _with_latent_weights}[sys.argv[2]]
    for file in sorted(Path(sys.argv[1]).glob("*.trits" if sys.argv[2] == "packed" else "*.latent")):
        save_file(acts(made(file), load_file(file.with_suffix(".inputs"))), file.with_suffix(".acts"))
    needless = [name for name in ("emcomm.training", "emcomm.studies", "emcomm.envs") if name in sys.modules]
    sys.exit(f"imported: {needless}" if needless else 0)
