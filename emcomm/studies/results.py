"""`Results`: what a study has found so far, read from its folder; finished or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from emcomm.errors import BadInput, StorageError, unknown
from emcomm.language import Language
from emcomm.studies import collecting
from emcomm.studies.files import storing
from emcomm.studies.folder import StudyFolder
from emcomm.studies.part import Part
from emcomm.studies.tables import read_table

if TYPE_CHECKING:
    from torch import nn

    from emcomm.envs.play.parallel import PhasedEnv
    from emcomm.studies.study import Study
    from emcomm.ternary import SizeReport
    from emcomm.training import Run

__all__ = ["Results"]

TEXTS = ("pattern", "metric", "pressure", "on", "off", "verdict", "direction", "reason")  # columns of verdicts.csv
COUNTS = ("n_on", "n_off")


class Results:
    """The results of a study. Tables are read when they are first asked for, and then kept.

    Args:
        path: the results folder.

    Raises:
        BadInput: the folder holds no study.
        StorageError: something in it cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._folder = StudyFolder(self.path)
        self.description = self._folder.read()

    @classmethod
    def open(cls, path: str | Path) -> Results:
        """Open a results folder; that of an unfinished study shows what it has recorded so far."""
        return cls(path)

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {status}" for status, number in self.runs["status"].value_counts().items())
        return f"Results({str(self.path)!r}: {self.description['name']}, runs: {counts})"

    @cached_property
    def study(self) -> Study:
        """The study, as it was run."""
        from emcomm.studies.claiming import stored_plan

        return stored_plan(self._folder).study

    @cached_property
    def finished(self) -> bool:
        """Whether every run has ended and the tables of the whole study have been written."""
        if not self._folder.runs_file.exists():
            return False
        return collecting.up_to_date(self.description, read_table(self._folder.runs_file))

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run: run, condition, seed, status, steps, stack, seconds, games, note.

        ``status`` is done, stopped (met its stopping rule), failed, running or pending; ``seconds`` is the run's share
        of the time its stack took.
        """
        if self.finished:
            return read_table(self._folder.runs_file)
        return collecting.runs_frame(self.description, self._parts)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """One row a value: run, step, metric, value; NaN where a metric is not defined."""
        return read_table(self._folder.metrics_file) if self.finished else self._so_far(collecting.metrics_frame)

    @cached_property
    def languages(self) -> pd.DataFrame:
        """One row a meaning of every recorded language.

        Columns: run, step, speaker, meaning (its number among the game's), its attributes a0 .. ak, frequency, message
        (symbols separated by spaces, without EOS; "" for the empty message), length.
        """
        return read_table(self._folder.languages_file) if self.finished else self._so_far(collecting.languages_frame)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row for every tested pattern and pressure; judged from the runs that have ended by now."""
        if self.finished:
            with storing(self._folder.verdicts_file, "read"):
                return _read_verdicts(self._folder.verdicts_file)
        return collecting.judged(self.description, self.runs, self.metrics)

    def language(self, run: str, step: int | None = None, speaker: int = 0) -> Language:
        """Return a recorded language.

        Args:
            run: the run's name, ``condition/seed``.
            step: when it was recorded; None: the last time.
            speaker: which speaker of the run, from 0.

        Raises:
            BadInput: no language was recorded there; the message says where some were.
        """
        setup = self._run(run).setup
        rows = self.languages[(self.languages["run"] == run) & (self.languages["speaker"] == speaker)]
        steps = sorted(rows["step"].unique())
        if not steps:
            raise BadInput(f"run {run!r} has no recorded language of speaker {speaker}; it has {setup.pairs} speakers")
        if step is None:
            step = int(steps[-1])
        if step not in steps:
            raise BadInput(f"run {run!r} recorded no language at step {step}; recorded: {', '.join(map(str, steps))}")
        rows = rows[rows["step"] == step].sort_values("meaning")
        spoken = [[int(symbol) for symbol in message.split()] for message in rows["message"]]
        length = setup.channel.max_length
        return Language(
            setup.game.meanings(setup.world)[rows["meaning"].to_numpy()],
            [message + [0] * (length - len(message)) for message in spoken],
            frequencies=rows["frequency"].to_numpy(),
            speaker=speaker,
            step=step,
            symbols=setup.channel.symbols,
            variable=setup.channel.variable,
            sizes=setup.game.values(setup.world),
        )

    def agent(self, role: Literal["speaker", "listener"], run: str, index: int = 0) -> nn.Module:
        """Return a trained agent, ready to act; a ternary one as it was evaluated.

        Args:
            role: speaker or listener.
            run: the run's name, ``condition/seed``.
            index: which agent of that role, from 0; a community has several.

        Raises:
            BadInput: there is no such agent, or its run has not ended well.
        """
        import torch
        from safetensors.torch import load_file

        from emcomm.ternary import set_share
        from emcomm.training import build_agents

        if role not in ("speaker", "listener"):
            raise unknown("role", role, ("speaker", "listener"))
        setup = self._run(run).setup
        if not 0 <= index < setup.pairs:
            raise BadInput(f"run {run!r} has {setup.pairs} of each role, counted from 0; got {index}")
        file = self._folder.agent_file(run)
        if not file.exists():
            raise BadInput(f"run {run!r} has no trained agents yet; agents are kept when a run ends without failing")
        with storing(file, "read"):
            weights = load_file(file)
        with torch.random.fork_rng(devices=[]):  # its first weights are drawn and thrown away
            agent = build_agents(setup)[0 if role == "speaker" else 1]
        own = {
            name.removeprefix(f"{role}."): value[index]
            for name, value in weights.items()
            if name.startswith(f"{role}.")
        }
        agent.load_state_dict(own)
        set_share(agent, setup.quantisation.final)
        return agent.eval()

    def pack(
        self, role: Literal["speaker", "listener"], run: str, path: str | Path, index: int = 0, half: bool = False
    ) -> SizeReport:
        """Write a trained ternary agent to one small file that `emcomm.agents.load_packed` makes an agent of.

        Args:
            role: speaker or listener; of a tied agent, too, one role.
            run: the run's name, ``condition/seed``.
            path: the file; its folder is made, an existing file is replaced.
            index: which agent of that role, from 0.
            half: round what stays float to float16; see `emcomm.agents.pack_agent`.

        Returns:
            what the file weighs, everything counted.

        Raises:
            BadInput: there is no such agent, its run has not ended well, or it is no ternary agent in the end.
            StorageError: the file could not be written.
        """
        from emcomm.agents import pack_agent

        module, setup = self.agent(role, run, index), self._run(run).setup
        agent = setup.speaker if role == "speaker" else setup.listener
        form = setup.game.form(setup.world) if role == "speaker" else setup.world.form
        seen = form, setup.channel, setup.game.sizes(setup.world)
        if getattr(module, "critic", None) is not None:
            module._modules["critic"] = None  # who acts needs no value head
        origin = {"study": self.study.name, "run": run, "index": index}
        built: dict[str, Any] = {"products": setup.products, "tied": setup.tied}
        try:
            return pack_agent(path, agent, role, module, *seen, **built, half=half, origin=origin)
        except BadInput as error:
            raise type(error)(f"{role} {index} of run {run!r}: {error}") from None

    def parallel_env(self, run: str, **keywords: Any) -> PhasedEnv:
        """Return the game of a run as an environment, for `agent` or anybody else to play in.

        Args:
            run: the run's name, ``condition/seed``.
            keywords: of the environment, e.g. ``rounds``, ``noise`` or ``targets="held_out"``; world, channel, game and
                hold-out are the run's.

        Raises:
            BadInput: no such run, or its game has no environment.
        """
        from emcomm import envs

        own = self._run(run)
        game = own.setup.game
        name = f"{game.name}_v0"
        if not hasattr(getattr(envs, name, None), "parallel_env"):
            raise BadInput(f"the game {game.name!r} has no environment emcomm.envs.{name}")
        shared = {"world": own.setup.world, "channel": own.setup.channel, "split_seed": own.seed}
        env: PhasedEnv = getattr(envs, name).parallel_env(**shared, **dict(game), **keywords)
        return env

    @cached_property
    def _runs_by_name(self) -> dict[str, Run]:
        return {run.name: run for run in self.study.expand()}

    def _run(self, name: str) -> Run:
        if name not in self._runs_by_name:
            raise unknown("run", name, self._runs_by_name)
        return self._runs_by_name[name]

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return collecting.parts_of(self._folder, self.description)

    def _so_far(self, frame: Callable[[dict[str, Part]], pd.DataFrame]) -> pd.DataFrame:
        """Read rows of an unfinished study. Whoever writes it may join files meanwhile: look again if one is gone."""
        for _ in range(3):
            try:
                return frame(self._parts)
            except StorageError:
                self.__dict__.pop("_parts", None)
        return frame(self._parts)


def _read_verdicts(path: Path) -> pd.DataFrame:
    """Read the table of verdicts exactly: texts as they are (even "nan"), numbers to the last digit, empty ones NaN."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in frame.columns.difference(list(TEXTS)):
        frame[column] = _parsed(column, frame[column])
    return frame


def _parsed(column: str, texts: pd.Series[str]) -> pd.Series[Any]:
    if column == "as_predicted":
        return texts == "True"
    if column in COUNTS:
        return texts.astype("int64")
    return pd.Series([float(text or "nan") for text in texts], index=texts.index, dtype="float64")
