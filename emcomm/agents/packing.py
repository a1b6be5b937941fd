"""One trained ternary agent as one small file that is all it takes to act: no set-up, no results folder, no training.

Beside weights (see `emcomm.ternary.write_pack`) the file says which agent of which role it is, what it sees, what it
may say and what it answers, so that the module can be built again and given its codes. One role of a tied agent is
packed without the other, and built as it was for training: with the other, tied to it, which is then let go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import torch
from pydantic import ValidationError
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from emcomm import __version__
from emcomm.agents.base import AGENTS, Agent, Listener, Speaker
from emcomm.channel import Channel
from emcomm.config import one_line
from emcomm.errors import BadInput, StorageError, shown, unknown
from emcomm.ternary import (
    Pack,
    SizeReport,
    fix_codes,
    pack_module,
    quantised,
    read_pack,
    size_report,
    ternary_tensors,
)
from emcomm.ternary.quantise import UnfitSizes
from emcomm.worlds.form import Flat, Form, Graph, Image, Set

__all__ = ["ROLES", "NotTernary", "Role", "check_layers", "load_packed", "pack_agent"]

Role = Literal["speaker", "listener"]
ROLES: tuple[Role, ...] = ("speaker", "listener")

_FORMS: dict[str, type[Form]] = {form.__name__.lower(): form for form in (Flat, Image, Graph, Set)}
_TIMES, _EXTRA = 10, 1_000_000  # what may be made to build an agent: so many times what its file holds, and some
_PRODUCTS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class NotTernary(BadInput):
    """An agent without ternary weights, or that is not quantised in the end."""


def pack_agent(
    path: Path | str,
    agent: Agent,
    role: Role,
    module: nn.Module,
    form: Form,
    channel: Channel,
    sizes: tuple[int, ...] | None = None,
    *,
    products: torch.dtype = torch.float32,
    half: bool = False,
    tied: bool = False,
    origin: Mapping[str, Any] | None = None,
) -> SizeReport:
    """Write one trained ternary agent to a file; an existing file is replaced whole or not at all.

    Args:
        path: the file; its folder is made.
        agent: the set-up that built the module.
        role: speaker or listener.
        module: the trained module of one run, with all its layers at share 1.
        form: what a row of features is.
        channel: what may be said.
        sizes: of a listener that names attributes, the values of each; else None. Of a tied speaker: its listener's.
        products: precision of float products that the module was built with.
        half: round what stays float to float16: about half the bytes, and no longer the same bits.
        tied: the module is one role of a tied agent, see `emcomm.agents.Agent.tie`; its other role is not written.
        origin: more to be known of the agent, plain JSON data; nothing depends on it.

    Returns:
        what the file weighs, everything counted.

    Raises:
        NotTernary: the agent has no ternary weights, or is not at share 1.
        BadInput: the module is not what the agent builds for these arguments, or the agent cannot be tied; it keeps
            numbers outside of its parameters; floats do not fit into float16.
        StorageError: the file could not be written.
    """
    about = {
        "emcomm": __version__,
        "role": role,
        "agent": agent.model_dump(mode="json", serialize_as_any=True),
        "form": {"kind": type(form).__name__.lower(), **asdict(form)},
        "channel": channel.model_dump(mode="json"),
        "sizes": None if sizes is None or (role == "speaker" and not tied) else [int(size) for size in sizes],
        "products": str(products).removeprefix("torch."),
        "share": 1.0,
        "origin": dict(origin or {}),
    }
    if tied:  # files of all others are as they were before agents could be tied
        about["tied"] = tied
    _check_ternary(agent, module)
    _check_built(about, module)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"could not make the folder of {path}: {error}") from error
    return size_report(pack_module(path, module, about, half))


def load_packed(path: Path | str) -> Speaker | Listener:
    """Build a packed agent again, ready to act: codes as int8 buffers, no latent weights, in evaluation mode.

    It gives the numbers of the module that was packed, bit for bit, unless floats were rounded to float16: its ternary
    products are exact whatever the batch, its float parts need the same batch, machine and version of torch.

    Args:
        path: a file from `pack_agent`; nothing else is needed, but that a plug-in of your own has been imported.

    Returns:
        a speaker or a listener of one run.

    Raises:
        BadInput: it packs an agent that is not known here, or that is built otherwise here.
        StorageError: the file cannot be read, is damaged, or holds no agent; see `emcomm.ternary.read_pack`.
    """
    pack = read_pack(path)
    try:
        with _Allowance(_EXTRA + _TIMES * _numbers(pack)):
            module = _build(pack.about)
        fix_codes(module, pack)
    except (KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"could not read {path}: it does not say which agent it holds ({shown(error)})") from None
    except BadInput as error:
        raise BadInput(f"{path}, packed by emcomm {pack.about.get('emcomm')}: {error}") from None
    return module.eval()


def check_layers(agent: Agent, role: Role, form: Form, channel: Channel, sizes: tuple[int, ...] | None) -> None:
    """Refuse an agent with a ternary layer that cannot be: too many inputs for exact sums, or gates of unequal size.

    Args:
        agent: the set-up; float agents pass.
        role: speaker or listener.
        form: what a row of features is.
        channel: what may be said.
        sizes: as in `pack_agent`.

    Raises:
        BadInput: there is such a layer. Whatever else is wrong is found when the agent is built.
    """
    if getattr(agent, "precision", "float") != "ternary":
        return
    find = _unfit if _hashable(agent) else _unfit.__wrapped__
    unfit = find(agent, role, form, channel, sizes)
    if unfit is not None:
        raise BadInput(f"the ternary {role} {agent.name!r} cannot be built for {form}: {unfit}")


@lru_cache(maxsize=256)  # a study makes a set-up for each of its runs, with few different agents
def _unfit(agent: Agent, role: Role, form: Form, channel: Channel, sizes: tuple[int, ...] | None) -> str | None:
    """What is wrong with the sizes of an agent's ternary layers; None: nothing."""
    try:
        _built(agent, role, form, channel, sizes)
    except UnfitSizes as error:
        return str(error)
    except BadInput:
        return None
    return None


def _hashable(agent: Agent) -> bool:
    """Whether an agent can be looked up; one with a list among its settings, of a user's own, cannot."""
    try:
        hash(agent)
    except TypeError:
        return False
    return True


class _Allowance(TorchFunctionMode):
    """Refuses, before they are made, tensors of more numbers in all than are allowed.

    Raises:
        BadInput: in the place of the tensor that would be too much.
    """

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.left = numbers

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        sizes = kwargs.get("size", args[0] if args and isinstance(args[0], list | tuple) else args)
        if sizes and all(type(size) is int for size in sizes):  # of a tensor that is to be made
            self.left -= math.prod(sizes)
            if self.left < 0:
                raise BadInput(f"it describes an agent far larger than what it holds, with a tensor of {list(sizes)}")
        return function(*args, **kwargs)


def _numbers(pack: Pack) -> int:
    """How many ternary weights and floats a file holds."""
    return sum(trits.codes.numel() for trits in pack.ternary.values()) + sum(map(torch.numel, pack.rest.values()))


def _build(about: Mapping[str, Any]) -> Speaker | Listener:
    """The untrained module that a file's header describes."""
    kind, role, shape = about["agent"]["kind"], about["role"], dict(about["form"])
    if kind not in AGENTS.names():
        raise BadInput(f"import what defines the agent {kind!r} first; {unknown('agent', kind, AGENTS.names())}")
    if role not in ROLES:
        raise unknown("role", role, ROLES)
    form = shape.pop("kind")
    if form not in _FORMS:
        raise unknown("form", form, _FORMS)
    if about["products"] not in _PRODUCTS:
        raise unknown("precision of products", about["products"], _PRODUCTS)
    products = _PRODUCTS[about["products"]]
    tied = about.get("tied", False)
    if not isinstance(tied, bool):
        raise BadInput(f"tied: true or false, got {shown(tied)}")
    try:
        agent = Agent.model_validate(about["agent"])
    except ValidationError as error:
        raise BadInput(one_line(error, AGENTS.get(kind))) from None
    seen, channel = _FORMS[form](**shape), Channel(**about["channel"])
    sizes = None if about["sizes"] is None else tuple(about["sizes"])
    return _built(agent, role, seen, channel, sizes, products, tied)


def _built(
    agent: Agent,
    role: Role,
    form: Form,
    channel: Channel,
    sizes: tuple[int, ...] | None,
    products: torch.dtype = torch.float32,
    tied: bool = False,
) -> Speaker | Listener:
    """An untrained module; torch's global generator comes back as it was."""
    with torch.random.fork_rng(devices=[]):
        speaker = agent.speaker(form, channel, products) if tied or role == "speaker" else None
        listener = agent.listener(form, channel, sizes, products) if tied or role == "listener" else None
        if speaker is not None and listener is not None:
            agent.tie(speaker, listener)
    wanted = speaker if role == "speaker" else listener
    assert wanted is not None
    return wanted


def _check_ternary(agent: Agent, module: nn.Module) -> None:
    layers = quantised(module)
    if not layers:
        got = getattr(agent, "precision", None)
        got = f"{agent.name} with precision={got!r}" if got else f"{agent.name}, which has no ternary layers"
        raise NotTernary(f"only agents with ternary weights can be packed: train with precision='ternary', got {got}")
    for name, layer in layers.items():
        share = torch.as_tensor(cast(Tensor, layer.share))
        if not bool((share == 1.0).all()):
            raise NotTernary(
                "only agents that are ternary in the end can be packed: their quantisation reaches share 1, which that "
                f"of kind='never' does not; got share {share.max():g} in layer {name!r}"
            )
    own = {name for name, _ in module.named_parameters()}
    own |= {f"{name}_{part}" for name in ternary_tensors(module) for part in ("codes", "scales")}
    extra = [name for name in module.state_dict() if name not in own]
    if extra:
        raise BadInput(f"module: parameters alone are packed, got the buffer {extra[0]!r}")


def _check_built(about: Mapping[str, Any], module: nn.Module) -> None:
    built, got = _shapes(_build(about)), _shapes(module)
    wrong = [name for name in (*built, *got) if built.get(name) != got.get(name)]
    if wrong:
        name, kind, tied = wrong[0], about["agent"]["kind"], about.get("tied", False)
        raise BadInput(
            f"module: with tied={tied} {kind} builds {name!r} as {built.get(name)} here, got {got.get(name)}"
        )


def _shapes(module: nn.Module) -> dict[str, list[int]]:
    """Shapes of all parameters by name, those that are codes by now included."""
    shapes = {name: list(parameter.shape) for name, parameter in module.named_parameters()}
    return shapes | {name: list(trits.codes.shape) for name, trits in ternary_tensors(module).items()}
