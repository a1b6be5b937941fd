"""What one would write for a single run: two ordinary modules, a data loader, an optimiser, a loop.

This is the yardstick of `benchmarks.throughput`. It plays the same game as emcomm's runs do there, with the same
widths, batch and learning rule, and is written the way tutorials write such loops: nothing is left out to make it
faster, and nothing is done to make it slower. Only the world comes from emcomm.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn import functional as F
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from emcomm.worlds import World

__all__ = ["PlainListener", "PlainLoop", "PlainSpeaker"]


class PlainSpeaker(nn.Module):
    """Encode a meaning as the first state of a GRU and sample one symbol a step.

    Args:
        features: width of a meaning.
        symbols: size of the alphabet.
        length: symbols of every message.
        hidden: width of the state.
        embedding: width of a symbol's embedding.
    """

    def __init__(self, features: int, symbols: int, length: int, hidden: int, embedding: int) -> None:
        super().__init__()
        self.length = length
        self.encoder = nn.Linear(features, hidden)
        self.start = nn.Parameter(torch.randn(embedding))
        self.embedding = nn.Embedding(symbols, embedding)
        self.cell = nn.GRUCell(embedding, hidden)
        self.out = nn.Linear(hidden, symbols)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Say one message about each meaning ``[n, features]``.

        Returns:
            messages int64 ``[n, length]`` of symbols ``0..symbols - 1``, their log-probability ``[n]`` in nats, and the
            entropy ``[n]`` in nats, mean over positions. In evaluation mode the most probable symbol is said.
        """
        state = self.encoder(features)
        heard = self.start.expand(len(features), -1)
        message, log_probs, entropies = [], [], []
        for _ in range(self.length):
            state = self.cell(heard, state)
            choices = Categorical(logits=self.out(state))
            symbol = choices.sample() if self.training else choices.logits.argmax(-1)
            message.append(symbol)
            log_probs.append(choices.log_prob(symbol))
            entropies.append(choices.entropy())
            heard = self.embedding(symbol)
        return torch.stack(message, 1), torch.stack(log_probs, 1).sum(1), torch.stack(entropies, 1).mean(1)


class PlainListener(nn.Module):
    """Read a message with a GRU and name every attribute.

    Args:
        sizes: values of each attribute.
        symbols: size of the alphabet.
        hidden: width of the state.
        embedding: width of a symbol's embedding.
    """

    def __init__(self, sizes: tuple[int, ...], symbols: int, hidden: int, embedding: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.embedding = nn.Embedding(symbols, embedding)
        self.gru = nn.GRU(embedding, hidden, batch_first=True)
        self.out = nn.Linear(hidden, sum(sizes))

    def forward(self, message: Tensor) -> tuple[Tensor, ...]:
        """Answer messages int64 ``[n, length]`` with one tensor of logits ``[n, values]`` for each attribute."""
        _, state = self.gru(self.embedding(message))
        return self.out(state[-1]).split(self.sizes, dim=-1)


class PlainLoop:
    """One run of the reconstruction game, trained by REINFORCE (speaker) and cross-entropy (listener).

    Args:
        world: its meanings; all are equally frequent here.
        symbols: size of the alphabet.
        length: symbols of every message.
        hidden: width of both agents.
        batch_size: games of a step.
        embedding: width of a symbol's embedding.
        learning_rate: Adam's.
        entropy: weight of the speaker's entropy bonus, per nat.
        decay: of the running mean that serves as baseline.

    Attributes:
        games: games played so far.
        accuracy: share of the last batch in which every attribute was right; 0 before the first.
    """

    def __init__(
        self,
        world: World,
        *,
        symbols: int,
        length: int,
        hidden: int,
        batch_size: int,
        embedding: int = 16,
        learning_rate: float = 1e-3,
        entropy: float = 0.1,
        decay: float = 0.99,
    ) -> None:
        self.entropy, self.decay = entropy, decay
        self.features = torch.from_numpy(world.features())
        self.meanings = torch.from_numpy(world.meanings())
        self.batch_size = batch_size
        self.speaker = PlainSpeaker(self.features.shape[1], symbols, length, hidden, embedding)
        self.listener = PlainListener(world.sizes(), symbols, hidden, embedding)
        self.optimizer = torch.optim.Adam(
            itertools.chain(self.speaker.parameters(), self.listener.parameters()), lr=learning_rate
        )
        self.baseline = 0.0
        self.games = 0
        self.accuracy = 0.0
        self._batches = self._endless()

    def _endless(self) -> Iterator[list[Tensor]]:
        """Batches of meanings, drawn with replacement; an epoch is a thousand batches."""
        dataset = TensorDataset(self.features, self.meanings)
        sampler = RandomSampler(dataset, replacement=True, num_samples=1000 * self.batch_size)
        loader = DataLoader(dataset, batch_size=self.batch_size, sampler=sampler)
        while True:
            yield from loader

    def advance(self) -> None:
        """One training step."""
        features, meanings = next(self._batches)
        message, log_prob, entropy = self.speaker(features)
        answers = self.listener(message)
        parts = [F.cross_entropy(answer, meanings[:, a], reduction="none") for a, answer in enumerate(answers)]
        loss = torch.stack(parts, 1).sum(1)
        advantage = loss.detach() - self.baseline
        policy = (advantage * log_prob).mean()
        total = loss.mean() + policy - self.entropy * entropy.mean()
        self.optimizer.zero_grad()
        total.backward()
        self.optimizer.step()
        self.baseline = self.decay * self.baseline + (1 - self.decay) * loss.mean().item()
        right = torch.stack([answer.argmax(-1) for answer in answers], 1) == meanings
        self.accuracy = right.all(1).float().mean().item()
        self.games += self.batch_size
