"""Save a trainer and take it up again: going on equals not having stopped, bit for bit (same machine, same stack).

Random streams need no saving, they follow from seed and step. A checkpoint is one safetensors file; nothing is pickled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from emcomm.errors import StorageError
from emcomm.files import replacing
from emcomm.training.learner import Lesson
from emcomm.training.run import Run
from emcomm.training.trainer import Trainer

__all__ = ["load_checkpoint", "save_checkpoint"]


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Write everything that training changes to `path`; an existing file is replaced whole or not at all.

    Raises:
        StorageError: it could not be written; an older checkpoint there is untouched.
    """
    tensors: dict[str, Tensor] = {"broken_at": trainer.broken_at, "baseline": trainer.baseline.sums}
    tensors["answer_baseline"] = trainer.answer_baseline.sums
    for role, stack in trainer.stacks.items():
        tensors |= {f"{role}.{name}": tensor for name, tensor in stack.state().items()}
    if trainer.last_lesson is not None:
        tensors |= {f"lesson.{name}": part for name, part in trainer.last_lesson._asdict().items()}
    facts = {
        "step": trainer.step,
        "games": trainer.games,
        "observed_at": trainer.observed_at,
        "baseline_steps": trainer.baseline.steps,
        "answer_baseline_steps": trainer.answer_baseline.steps,
        "runs": [run.name for run in trainer.runs],
        "began_with": trainer.began_with,
    }
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        with replacing(path) as beside:
            save_file(plain, beside, metadata={"emcomm": json.dumps(facts)})
    except (OSError, SafetensorError) as error:
        raise StorageError(f"could not write the checkpoint {path}: {error}") from error


def load_checkpoint(path: Path, runs: Sequence[Run], device: str = "cpu") -> Trainer:
    """Rebuild a trainer from `path`.

    Args:
        path: written by `save_checkpoint`.
        runs: the runs the stack began with, in the same order.
        device: where to go on.

    Raises:
        StorageError: the file cannot be read, or belongs to other runs.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["emcomm"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        began_with = facts["began_with"]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise StorageError(f"could not read the checkpoint {path}: {error}") from error
    if began_with != [run.name for run in runs]:
        raise StorageError(f"the checkpoint {path} belongs to other runs: {', '.join(began_with)}")
    trainer = Trainer(runs, device=device)
    trainer.leave([run.name for run in runs if run.name not in facts["runs"]])
    if trainer.runs:
        for role, stack in trainer.stacks.items():
            mine = f"{role}."
            state = {name.removeprefix(mine): part for name, part in tensors.items() if name.startswith(mine)}
            if state["weights"].shape != stack.weights.shape:
                raise StorageError(f"the checkpoint {path} belongs to {role} of another size or number")
            stack.load(state)
        trainer.broken_at = tensors["broken_at"].to(device)
        trainer.baseline.sums = tensors["baseline"].to(device)
        if "answer_baseline" in tensors:  # older checkpoints have none
            trainer.answer_baseline.sums = tensors["answer_baseline"].to(device)
    if "lesson.total" in tensors:
        lesson = {name: tensors[f"lesson.{name}"].to(device) for name in Lesson._fields}
        trainer.last_lesson = Lesson(**lesson)
    trainer.baseline.steps = facts["baseline_steps"]
    trainer.answer_baseline.steps = facts.get("answer_baseline_steps", 0)
    trainer.step, trainer.games, trainer.observed_at = facts["step"], facts["games"], facts["observed_at"]
    return trainer
