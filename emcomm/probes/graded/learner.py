"""`Learners`: a stack of learners, each of whom speaks and listens, with shared letters and scenes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from emcomm.agents.functions import linear
from emcomm.probes.graded.language import ALPHABET, SHAPES
from emcomm.probes.graded.unroll import hear, position, speak
from emcomm.rng import generator

__all__ = ["SYMBOLS", "Learners"]

SYMBOLS = len(ALPHABET) + 1
"""The end of a word, then the letters."""
_START = SYMBOLS  # the speaker's first input
_VECTOR = 16  # float32 numbers in the widest vector of a CPU


class Learners:
    """Learners of one width, one parameter set each.

    Both roles see scenes through one encoder (two layers, rectifier and dropout between them) and share the embedding
    of letters, which is also the speaker's output layer, transposed: there is one tensor for all three. A scene is the
    first state of the speaker's recurrent net; the listener's net reads the word, its end included, and a linear map
    of its last state is compared with encoded scenes.

    Args:
        seeds: one for each learner; first weights are a function of the seed alone.
        hidden: width of states and embeddings.

    Attributes:
        leaves: what is trained, float32 ``[learners, numbers]`` by name; rows are padded to whole vectors, as an
            optimiser rounds the numbers of a broken one differently.

    Source: Galke, Ram & Raviv 2024, with EGG's ``RnnSenderGS`` and ``RnnEncoder`` (Kharitonov et al. 2019). Deviation:
    one bias for each recurrent net instead of two, whose sum it is.
    """

    def __init__(self, seeds: Sequence[int], hidden: int = 50) -> None:
        self.hidden, self.seeds = hidden, tuple(int(seed) for seed in seeds)
        bounds = {name: bound for name, (_, bound) in _sizes(hidden).items()}
        self.shapes = {name: shape for name, (shape, _) in _sizes(hidden).items()}
        drawn = {seed: _first_weights(seed, self.shapes, bounds) for seed in dict.fromkeys(self.seeds)}
        self.leaves: dict[str, Tensor] = {}
        for name, shape in self.shapes.items():
            width = -(-math.prod(shape) // _VECTOR) * _VECTOR
            leaf = torch.zeros(len(self.seeds), width)
            for row, seed in enumerate(self.seeds):
                leaf[row, : math.prod(shape)] = drawn[seed][name]
            self.leaves[name] = leaf.requires_grad_()

    def __len__(self) -> int:
        return len(self.seeds)

    def weights(self) -> dict[str, Tensor]:
        """Every parameter in its shape, ``[learners, *shape]``; views of `leaves`."""
        return {
            name: self.leaves[name][:, : math.prod(shape)].unflatten(1, shape) for name, shape in self.shapes.items()
        }

    def encode(self, weights: dict[str, Tensor], scenes: Tensor, masks: Tensor | None = None) -> Tensor:
        """Look at scenes.

        Args:
            weights: from `weights`.
            scenes: float32 ``[learners, n, features]``.
            masks: what hidden units are multiplied by, ``[learners, n, hidden]``; None: 1.

        Returns:
            float32 ``[learners, n, hidden]``.
        """
        seen = linear(scenes, weights["scene.weight"], weights["scene.bias"]).relu()
        return linear(seen if masks is None else seen * masks, weights["state.weight"], weights["state.bias"])

    def say(self, weights: dict[str, Tensor], start: Tensor, before: Tensor, noise: Tensor | None, last: int) -> Tensor:
        """Say words in training.

        Args:
            weights: from `weights`.
            start: encoded scenes ``[learners, n, hidden]``.
            before: int64 ``[learners, n, positions]``, what was said before each position; the first entry is not read.
            noise: see `emcomm.probes.graded.unroll.speak`; with it, `before` is not read.
            last: see there.

        Returns:
            logits, noise included, float32 ``[positions, learners, n, SYMBOLS]``.
        """
        positions = before.shape[-1]
        letters = torch.zeros(positions, *before.shape[:-1], SYMBOLS + 1)
        letters[0, ..., _START] = 1.0
        if noise is None:
            letters[1:] = one_hot(before[..., 1:].movedim(-1, 0), SYMBOLS + 1)
        out, bias = weights["letters"].mT, weights["out.bias"].unsqueeze(1)
        return speak(self._speaking(weights), start, out, bias, letters, noise, last)

    def read(self, weights: dict[str, Tensor], words: Tensor, last: int) -> Tensor:
        """Read words up to and including their end.

        Args:
            weights: from `weights`.
            words: int64 ``[learners, n, positions]``, 0 from the end on; the last symbol is 0.
            last: positions to read, at least to the end of every word.

        Returns:
            float32 ``[learners, n, hidden]``, to be compared with encoded scenes.
        """
        letters = one_hot(words.movedim(-1, 0), SYMBOLS).float()
        heard = weights["letters"] @ weights["hear.input"] + weights["hear.bias"].unsqueeze(1)
        states = hear(torch.cat([weights["hear.state"], heard], 1), letters, last)
        ends = (words != 0).sum(-1)
        state = states.gather(0, ends[None, ..., None].expand(1, *ends.shape, self.hidden)).squeeze(0)
        return linear(state, weights["heard.weight"], weights["heard.bias"])

    @torch.no_grad()
    def utter(self, scenes: Tensor, max_length: int) -> Tensor:
        """Name scenes: the likeliest symbol at each position, without dropout.

        Args:
            scenes: float32 ``[learners, n, features]``.
            max_length: most letters of a word.

        Returns:
            int64 ``[learners, n, max_length]``, 0 from the end on.
        """
        weights = self.weights()
        weight, out, bias = self._speaking(weights), weights["letters"].mT, weights["out.bias"].unsqueeze(1)
        state, cell = self.encode(weights, scenes), None
        symbol, said = torch.full(scenes.shape[:2], _START), []
        for _ in range(max_length):
            state, cell = position(torch.cat([state, one_hot(symbol, SYMBOLS + 1)], -1), weight, cell)
            symbol = torch.baddbmm(bias, state, out).argmax(-1)
            said.append(symbol)
        symbols = torch.stack(said, -1)
        return symbols * (symbols != 0).cumprod(-1)

    def _speaking(self, weights: dict[str, Tensor]) -> Tensor:
        """The speaker's recurrent weights: state, symbols, start."""
        inputs = torch.cat([weights["letters"] + weights["letters.bias"].unsqueeze(1), weights["start"]], 1)
        return torch.cat([weights["say.state"], inputs @ weights["say.input"] + weights["say.bias"].unsqueeze(1)], 1)


def _sizes(hidden: int) -> dict[str, tuple[tuple[int, ...], float]]:
    """Shape of every parameter, and the bound of the uniform distribution it is drawn from (negative: see `start`)."""
    features, wide, narrow = SHAPES + 2, hidden**-0.5, SYMBOLS**-0.5
    return {
        "scene.weight": ((hidden, features), features**-0.5),
        "scene.bias": ((hidden,), features**-0.5),
        "state.weight": ((hidden, hidden), wide),
        "state.bias": ((hidden,), wide),
        "letters": ((SYMBOLS, hidden), narrow),
        "letters.bias": ((hidden,), narrow),
        "out.bias": ((SYMBOLS,), 0.0),
        "start": ((1, hidden), -0.01),
        "say.input": ((hidden, 4 * hidden), wide),
        "say.state": ((hidden, 4 * hidden), wide),
        "say.bias": ((4 * hidden,), wide),
        "hear.input": ((hidden, 4 * hidden), wide),
        "hear.state": ((hidden, 4 * hidden), wide),
        "hear.bias": ((4 * hidden,), wide),
        "heard.weight": ((hidden, hidden), wide),
        "heard.bias": ((hidden,), wide),
    }


def _first_weights(seed: int, shapes: dict[str, tuple[int, ...]], bounds: dict[str, float]) -> dict[str, Tensor]:
    drawn = {}
    for step, (name, shape) in enumerate(shapes.items()):
        rng, bound = generator(seed, "graded.weights", step), bounds[name]
        normal = bound < 0  # EGG draws the first input of a speaker from a normal distribution
        numbers = rng.normal(0.0, -bound, shape) if normal else rng.uniform(-bound, bound, shape)
        if name in ("say.bias", "hear.bias"):
            numbers += rng.uniform(-bound, bound, shape)
        drawn[name] = torch.from_numpy(numbers.astype(np.float32).ravel())
    return drawn
