"""Training stacks of runs: set-ups, runs, the trainer, the loop and checkpoints."""

from __future__ import annotations

from emcomm.training.checkpoint import load_checkpoint, save_checkpoint
from emcomm.training.continuous import Continuous
from emcomm.training.estimators import PPO, ActorCritic
from emcomm.training.evaluation import Observation
from emcomm.training.loop import Event, Finished, Observed, Progress, train
from emcomm.training.run import Run, build_agents
from emcomm.training.setup import GumbelSoftmax, Reinforce, Setup
from emcomm.training.trainer import Trainer

__all__ = [
    "PPO",
    "ActorCritic",
    "Continuous",
    "Event",
    "Finished",
    "GumbelSoftmax",
    "Observation",
    "Observed",
    "Progress",
    "Reinforce",
    "Run",
    "Setup",
    "Trainer",
    "build_agents",
    "load_checkpoint",
    "save_checkpoint",
    "train",
]
