"""What a pressure may do to the agents of a stack between steps."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, TypeAlias

from torch import Tensor

from emcomm.channel import Channel

__all__ = ["Population", "Role", "Talk"]

Role: TypeAlias = Literal["speaker", "listener"]


class Talk(NamedTuple):
    """What speakers said about some meanings, and whether they were understood.

    Attributes:
        target: int64 ``[runs, pairs, n]``, rows of the game's meanings.
        messages: int64 ``[runs, pairs, n, max_length]``, 0 from EOS on.
        understood: bool ``[runs, pairs, n]``, whether the speaker's own listener gave the right answer.
        weight: float32 ``[runs, pairs, n]``, how much each message counts for those who learn from it; 0 leaves it out.
        shown: int64 ``[runs, pairs, n, E]``, the meanings the speaker saw, see `Round.shown`; None: the target.
    """

    target: Tensor
    messages: Tensor
    understood: Tensor
    weight: Tensor
    shown: Tensor | None = None


class Population(Protocol):
    """The agents of a stack.

    Whatever happens in one run follows from that run alone, and random numbers come from the streams named by the
    caller, so that nothing else in training changes.

    A tied agent is one, whichever of its roles is named: it is replaced, forgets, shrinks and learns as a whole, and
    talks to its neighbour in the run rather than to itself. A pressure that is about one role only says so
    (`Pressure.on_one_role`) and is refused there.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """Runs and pairs."""

    @property
    def channel(self) -> Channel:
        """What can be said."""

    def reset(self, role: Role, which: Tensor, stream: str, step: int) -> None:
        """Give agents new weights, and forget their optimiser's memory.

        Args:
            role: which role.
            which: bool ``[runs, pairs]``.
            stream: name of the random stream that the new weights are drawn from.
            step: step of that stream.
        """

    def forget(self, role: Role, which: Tensor) -> None:
        """Forget the optimiser's memory of some agents, bool ``[runs, pairs]``, and keep their weights."""

    def shrink(self, role: Role, factor: Tensor) -> None:
        """Multiply all weights of each agent by its factor, float32 ``[runs, pairs]``; 1 changes nothing."""

    def weigh(self, weights: Tensor) -> None:
        """From now on, let each training meaning come up that much more or less often than its frequency says.

        Args:
            weights: float64 ``[runs, training meanings]``, >= 0, with something above 0 in each run; 1 changes nothing.
                Lasts for this step; a pressure that wants it to last says so at every step.
        """

    @property
    def training(self) -> tuple[Tensor, Tensor]:
        """Which meanings each run trains on, int64 ``[runs, n]``, and how often they come up, float64 ``[runs, n]``."""

    def talk(self, games: int | None, stream: str, step: int) -> Talk:
        """Let every speaker sample messages, and its own listener answer them; nobody learns, no pressure disturbs.

        Args:
            games: so many games about training meanings drawn by their frequency; None: one about each of them.
            stream: names the random streams.
            step: step of those streams.

        Returns:
            what was said; all weights are 1.
        """

    def imitate(self, which: Tensor, talk: Talk, steps: int, stream: str, step: int) -> None:
        """Let speakers learn to say what others said: `steps` updates by the cross-entropy of given messages.

        Batches of the set-up's size are drawn from a pupil's messages by their weight. The speaker's own optimiser is
        used. A pupil whose messages all weigh 0 learns nothing.

        Args:
            which: bool ``[runs, pairs]``, who learns.
            talk: what each of them learns from.
            steps: updates.
            stream: names the random streams.
            step: step of those streams.
        """

    def practise(self, which: Tensor, steps: int, stream: str, step: int) -> None:
        """Let listeners learn from `steps` batches of games with their own speaker, which does not change.

        Speakers sample, and no pressure disturbs; the listener's loss and entropy bonus are those of the set-up.

        Args:
            which: bool ``[runs, pairs]``, who learns.
            steps: updates.
            stream: names the random streams.
            step: step of those streams.
        """
