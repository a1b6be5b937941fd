"""From a trained module to a packed agent, and from a packed agent to a module without latent weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from emcomm.errors import BadInput, unknown
from emcomm.ternary.pack import Pack, write_pack
from emcomm.ternary.quantised import Quantised, quantised, ternary_tensors

__all__ = ["fix_codes", "pack_module"]


def pack_module(path: Path | str, module: nn.Module, about: Mapping[str, Any], half: bool = False) -> dict[str, Any]:
    """Write a module of one run: ternary parameters as trits, all others as floats.

    Args:
        path: the file.
        module: parameters of one run, no stack.
        about: what is needed to build the module again, plain JSON data.
        half: round the floats to float16.

    Returns:
        the header; see `write_pack`, also for errors.
    """
    ternary = ternary_tensors(module)
    rest = {name: tensor for name, tensor in module.named_parameters() if name not in ternary}
    return write_pack(path, about, ternary, rest, half)


def fix_codes(module: nn.Module, pack: Pack) -> None:
    """Give an untrained module of the same architecture the codes and floats of a packed agent, in place.

    Afterwards the module has no latent weights: codes are int8 buffers, and it computes at share 1 alone, the numbers
    of the module that was packed, bit for bit (unless floats were rounded to float16).

    Args:
        module: as it was built when it was packed, of one run.
        pack: from `read_pack`.

    Raises:
        BadInput: names, shapes or blocks of scales differ; the module is then as it was.
    """
    _check_fit(module, pack)
    mine, others = _parts(module)
    for name, trits in pack.ternary.items():
        layer, leaf = mine[name]
        layer.fix(leaf, trits)
    with torch.no_grad():
        for name, tensor in pack.rest.items():
            others[name].copy_(tensor)


def _check_fit(module: nn.Module, pack: Pack) -> None:
    """Refuse a packed agent that a module cannot take over.

    Raises:
        BadInput: names, shapes or blocks of scales differ.
    """
    mine, others = _parts(module)
    for kind, have, got in (("ternary tensor", mine, pack.ternary), ("float tensor", others, pack.rest)):
        for name in got:
            if name not in have:
                raise unknown(kind, name, have)
        missing = [name for name in have if name not in got]
        if missing:
            raise BadInput(f"{kind}: the module needs {missing[0]!r}, which is not among {', '.join(got) or 'none'}")
    for name, trits in pack.ternary.items():
        layer, leaf = mine[name]
        try:
            layer.check_codes(leaf, trits)
        except BadInput as error:
            raise BadInput(f"{name.removesuffix(leaf)}{error}") from None
    for name, tensor in pack.rest.items():
        if others[name].shape != tensor.shape:
            raise BadInput(f"{name}: the module takes {list(others[name].shape)}, got {list(tensor.shape)}")


def _parts(module: nn.Module) -> tuple[dict[str, tuple[Quantised, str]], dict[str, nn.Parameter]]:
    """The ternary parameters of a module by name, each as a layer and its name there, and all other parameters."""
    layers = quantised(module)
    mine = {f"{name}.{leaf}" if name else leaf: (layer, leaf) for name, layer in layers.items() for leaf in layer.fused}
    return mine, {name: parameter for name, parameter in module.named_parameters() if name not in mine}
