"""`Course`: how learners of graded languages learn."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from emcomm.config import Config

__all__ = ["Course"]


class Course(Config):
    """The settings of a course; the defaults are the published ones.

    A round is three sessions, and a session three blocks, over the same scenes: exposure (words), guessing (which of
    several scenes a word is about) and production (words again). The first session is about one half of the scenes,
    the second about the other half, each scene twice; the third about all scenes once.

    Args:
        rounds: how many rounds there are.
        batch_size: scenes an update, in exposure and production; guessing has one.
        distractors: other scenes to choose among, in the guessing of the three sessions.
        hidden: width of state and embeddings.
        dropout: share of the encoder's hidden units that are silent in each update.
        contrast: weight of the listener's loss beside the speaker's.
        learning_rate: AdamW's.
        weight_decay: AdamW's.
        max_length: most letters a learner says.
        feeding: ``"own"``: in training too, a learner reads what it said itself, relaxed (Gumbel-softmax at temperature
            1), and its loss is the binary cross-entropy of all symbols of all positions, those after the end of a word
            included; ``"taught"``: it reads the taught letters, and its loss is the cross-entropy of the letters and of
            the end of the word (teacher forcing).

    Source: Galke, Ram & Raviv 2024 (``train.py --as_humans``), who choose ``"own"``. Their participants' sessions are
    divided in the same way.
    """

    rounds: PositiveInt = 100
    batch_size: PositiveInt = 5
    distractors: tuple[PositiveInt, PositiveInt, PositiveInt] = (3, 3, 7)
    hidden: PositiveInt = 50
    dropout: float = Field(default=0.5, ge=0.0, lt=1.0)
    contrast: NonNegativeFloat = 0.1
    learning_rate: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.01
    max_length: PositiveInt = 16
    feeding: Literal["own", "taught"] = "own"
