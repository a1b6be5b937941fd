"""Runs the experiments of this folder, keeps a summary of each, and writes what they recovered into one page.

``python -m experiments.recovery`` runs everything that is not finished yet; ``--quick`` runs smaller versions.
"""

from __future__ import annotations

from experiments.recovery.experiment import EXPERIMENTS, Experiment, load_experiment

__all__ = ["EXPERIMENTS", "Experiment", "load_experiment"]
