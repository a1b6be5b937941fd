from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks import overhead, scaling, throughput
from benchmarks.figure import scaling_figure
from benchmarks.machine import Machine, forget_peak, peak_memory, this_machine
from benchmarks.options import count, seconds, writable
from benchmarks.plain_loop import PlainListener, PlainLoop, PlainSpeaker
from benchmarks.players import Player, Seat, Spell, StackedRuns, play
from benchmarks.scores import Target, gain, score
from benchmarks.settings import SETTINGS, Arm, Setting
from emcomm.errors import BadInput, EmcommError
from emcomm.training import build_agents
from emcomm.worlds import AttributeWorld

TINY = Setting(
    "tiny",
    values=(3, 5),
    hidden=7,
    batch_size=11,
    length=2,
    symbols=13,
    arms=(Arm(1), Arm(2, "bfloat16")),
    figures={Arm(1): 1000.0},
    gains={Arm(1): 2.0},
)


def test_the_plain_speaker_says_what_its_log_probability_and_entropy_are_about() -> None:
    speaker = PlainSpeaker(features=3, symbols=5, length=2, hidden=7, embedding=11)
    with torch.no_grad():
        speaker.out.weight.zero_()
        speaker.out.bias.copy_(torch.tensor([0.5, 0.2, 0.1, 0.1, 0.1]).log())
    message, log_prob, entropy = speaker(torch.eye(3))
    assert message.shape == (3, 2)
    assert bool(((message >= 0) & (message < 5)).all())
    # each position has the probabilities above, whatever was said: they multiply over positions
    expected = torch.tensor([0.5, 0.2, 0.1, 0.1, 0.1]).log()[message].sum(1)
    torch.testing.assert_close(log_prob, expected)
    # -(0.5 ln 0.5 + 0.2 ln 0.2 + 3 * 0.1 ln 0.1) = 0.34657 + 0.32189 + 0.69078 = 1.35924 nats at every position
    torch.testing.assert_close(entropy, torch.full((3,), 1.35924), atol=1e-5, rtol=0)
    assert bool((speaker.eval()(torch.eye(3))[0] == 0).all())


def test_the_plain_listener_answers_every_attribute() -> None:
    answers = PlainListener(sizes=(2, 3), symbols=5, hidden=7, embedding=11)(torch.zeros(13, 2, dtype=torch.int64))
    assert [answer.shape for answer in answers] == [(13, 2), (13, 3)]


def test_the_plain_loop_learns() -> None:
    torch.manual_seed(0)
    loop = PlainLoop(
        AttributeWorld(values=(2, 3)),
        symbols=7,
        length=2,
        hidden=23,
        batch_size=53,
        embedding=5,
        learning_rate=0.005,
        decay=0.9,
    )
    accuracies = []
    for _ in range(400):
        loop.advance()
        accuracies.append(loop.accuracy)
    assert loop.games == 400 * 53
    assert sum(accuracies[:10]) / 10 < 0.4  # chance is a sixth
    assert sum(accuracies[-10:]) / 10 > 0.9


def test_the_plain_loop_goes_on_after_an_epoch() -> None:
    loop = TINY.plain()
    batches = loop._batches
    sizes = {len(next(batches)[0]) for _ in range(1003)}
    assert sizes == {11}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())
def test_both_sides_play_the_same_game(setting: Setting) -> None:
    loop, setup = setting.plain(), setting.setup()
    speaker, listener = build_agents(setup)
    assert loop.features.shape == setup.world.features().shape
    assert loop.batch_size == setup.batch_size
    assert loop.speaker.length == setup.channel.max_length
    assert not setup.channel.variable
    ours: dict[str, Tensor] = dict(speaker.named_parameters())
    theirs: dict[str, Tensor] = dict(loop.speaker.named_parameters())
    assert ours["encoder.weight"].shape == theirs["encoder.weight"].shape
    assert ours["out.weight"].shape == theirs["out.weight"].shape
    assert ours["cell.input_weight"].shape == theirs["cell.weight_ih"].shape
    assert ours["cell.hidden_weight"].shape == theirs["cell.weight_hh"].shape
    read, write = dict(listener.named_parameters()), dict(loop.listener.named_parameters())
    assert read["out.weight"].shape == write["out.weight"].shape
    assert read["cell.input_weight"].shape == write["gru.weight_ih_l0"].shape
    assert read["cell.hidden_weight"].shape == write["gru.weight_hh_l0"].shape
    rates = {group["lr"] for group in loop.optimizer.param_groups}
    assert rates == {setup.speaker_learning_rate} == {setup.listener_learning_rate}
    assert (loop.entropy, loop.decay) == (setup.speaker_entropy, getattr(setup.estimator, "baseline_decay", None))
    assert getattr(setup.estimator, "baseline", None) == "mean"


def test_targets_belong_to_arms_that_are_played() -> None:
    for setting in SETTINGS.values():
        assert {*setting.figures, *setting.gains} <= set(setting.arms)


def test_other_numbers_of_runs_are_played_in_every_precision() -> None:
    assert TINY.arms_with(()) == TINY.arms
    expected = (Arm(2), Arm(3), Arm(2, "bfloat16"), Arm(3, "bfloat16"))
    assert TINY.arms_with((2, 3)) == expected


def test_an_arm_needs_runs() -> None:
    with pytest.raises(BadInput, match="at least 1, got 0"):
        Arm(0)


class Counter:
    """A player that counts its steps."""

    games = 0

    def advance(self) -> None:
        self.games += 17


@pytest.mark.parametrize(
    "player", [Counter(), TINY.plain(), StackedRuns(TINY, Arm(1), 1)], ids=lambda p: type(p).__name__
)
def test_a_spell_has_at_least_one_step(player: Player) -> None:
    first = play(player, 1e-9)
    assert first.games == player.games == (17 if isinstance(player, Counter) else 11)
    assert first.seconds > 0
    assert first.speed == first.games / first.seconds


def test_a_spell_counts_its_own_games_only() -> None:
    player = Counter()
    play(player, 0.0)
    assert play(player, 0.0).games == 17
    assert player.games == 34
    assert play(player, 0.01).seconds >= 0.01


def test_runs_are_divided_into_stacks() -> None:
    player = StackedRuns(TINY, Arm(5), 2)
    player.advance()
    assert sorted(len(trainer.runs) for trainer in player.trainers) == [1, 2, 2]
    assert player.games == 5 * 11


def test_a_seat_plays_in_a_process_of_its_own() -> None:
    with Seat(TINY, Arm(3), 3) as seat:
        first, second = seat.play(1e-9), seat.play(1e-9)
    assert first.games == second.games == 3 * 11
    assert second.memory >= first.memory >= 0
    assert seat._process.exitcode == 0


def test_a_player_that_fails_says_why() -> None:
    impossible = Setting("none", values=(3,), hidden=5, batch_size=7, length=0, symbols=5)
    with Seat(impossible, Arm(1), 1) as seat, pytest.raises(EmcommError, match="max_length"):
        seat.play(1e-9)


def test_a_player_that_is_killed_is_missed() -> None:
    with Seat(TINY, None) as seat:
        seat._process.kill()
        with pytest.raises(EmcommError, match="the plain loop was killed in the tiny setting"):
            seat.play(1e-9)


def test_a_score_is_median_and_range() -> None:
    spells = [Spell(30, 3.0), Spell(10, 5.0), Spell(28, 4.0)]  # 10, 2 and 7 games a second
    found = score(spells)
    assert (found.median, found.low, found.high) == (7.0, 2.0, 10.0)


def test_a_gain_compares_spells_of_the_same_round() -> None:
    ours = [Spell(60, 1.0), Spell(30, 1.0), Spell(14, 1.0)]
    theirs = [Spell(20, 1.0), Spell(6, 1.0), Spell(7, 1.0)]
    assert gain(ours, theirs) == 3.0  # the median of 3, 5 and 2; the ratio of the medians would be 30 / 7
    with pytest.raises(ValueError, match="zip"):
        gain(ours, theirs[1:])


@pytest.mark.parametrize(
    ("measured", "least", "words"),
    [
        (90.0, 0.9, "x: reached (90%)"),
        (89.0, 0.9, "x: not reached (89%)"),
        (99.0, 1.0, "x: not reached (99%)"),
        (101.0, 1.0, "x: reached (101%)"),
    ],
)
def test_targets_say_whether_they_were_reached(measured: float, least: float, words: str) -> None:
    assert Target("x", 100.0, measured, least).words == words


def test_peak_memory_sees_what_was_there_and_forgets_it() -> None:
    before = peak_memory()
    held = torch.ones(53_000_000)  # 212 MB
    high = peak_memory()
    assert high >= held.numel() * 4
    assert high >= before
    del held
    forget_peak()
    assert 0 < peak_memory() <= high


def test_a_busy_machine_is_warned_of() -> None:
    assert this_machine().cores >= 1
    machine = Machine("p", 2, 2, "t", "3", load=1.25)
    assert "load 1.2" in machine.warning
    quiet, unknown = (Machine("p", 2, 2, "t", "3", load=load) for load in (0.25, math.nan))
    assert quiet.warning == unknown.warning == ""


@pytest.mark.parametrize(("read", "text"), [(count, "0"), (count, "2.5"), (seconds, "0"), (seconds, "inf")])
def test_numbers_on_the_command_line_are_positive(read: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text.replace(".", r"\.")):
        read(text)


@pytest.mark.parametrize("argv", [["--settings", "huge"], ["--runs", "0"], ["--seconds", "nan"], ["--rounds", "-1"]])
def test_a_wrong_command_line_ends_with_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        throughput.main(argv)
    assert left.value.code == 2
    assert argv[0] in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert writable(tmp_path / "a.json") == tmp_path / "a.json"
    assert throughput.main(["--json", str(tmp_path / "none" / "a.json")]) == 1
    assert "a folder that exists" in capsys.readouterr().out


class SeatHere:
    """A seat in the test's own process."""

    def __init__(self, setting: Setting, arm: Arm | None, largest: int = 1) -> None:
        self.player: Player = setting.plain() if arm is None else StackedRuns(setting, arm, largest)

    def __enter__(self) -> SeatHere:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def play(self, seconds: float) -> Spell:
        spell = play(self.player, seconds)
        return Spell(spell.games, spell.seconds, 17 * spell.games)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the programs know the tiny setting, and play it in this process."""
    for program in (throughput, scaling, overhead):
        monkeypatch.setattr(program, "SETTINGS", {"tiny": TINY, "small": TINY})
    for program in (throughput, scaling):
        monkeypatch.setattr(program, "Seat", SeatHere)


@pytest.mark.usefixtures("tiny")
def test_throughput_from_command_line_to_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "speed.json"
    argv = ["--settings", "tiny", "--seconds", "0.01", "--rounds", "3", "--json", str(file)]
    assert throughput.main(argv) == 0
    said = capsys.readouterr().out
    assert "tiny: world 3 x 5, width 7, batch 11, 2 of 13 symbols" in said
    assert all(words in said for words in ("plain loop", "emcomm, bfloat16", "1 k: ", "2 x plain: "))
    (setting,) = json.loads(file.read_text(encoding="utf-8"))["settings"]
    assert [(arm["runs"], arm["matmul"]) for arm in setting["emcomm"]] == [(1, "float32"), (2, "bfloat16")]
    assert [target["name"] for target in setting["emcomm"][0]["targets"]] == ["1 k", "2 x plain"]
    for player in (setting["plain"], *setting["emcomm"]):
        assert len(player["spells"]) == 3
        assert 0 < player["low"] <= player["median"] <= player["high"]


@pytest.mark.usefixtures("tiny")
def test_scaling_from_command_line_to_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--setting", "tiny", "--most", "3", "--seconds", "1e-9", "--rounds", "2", "--out", str(tmp_path / "new")]
    assert scaling.main(argv) == 0
    assert "Memory per run" in capsys.readouterr().out
    with (tmp_path / "new" / "scaling_tiny_float32.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["runs"] for row in rows] == ["1", "2"]
    assert all(float(row["slowest"]) <= float(row["games_per_second"]) <= float(row["fastest"]) for row in rows)
    assert all(float(row["memory_per_run"]) == int(row["memory"]) / int(row["runs"]) for row in rows)
    assert [row["memory"] for row in rows] == ["187", "374"]  # 17 bytes for each of 11 games of 1 or 2 runs
    assert (tmp_path / "new" / "scaling_tiny_float32.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("most", "sizes"), [(1, [1]), (2, [1, 2]), (7, [1, 2, 4]), (256, [1, 2, 4, 8, 16, 32, 64, 128, 256])]
)
def test_sizes_double(most: int, sizes: list[int]) -> None:
    assert scaling.doublings(most) == sizes


def test_memory_is_judged_by_the_largest_stack() -> None:
    def points(*memory: int) -> list[scaling.Point]:
        speed = score([Spell(1, 1.0)])
        return [scaling.Point(1 << place, speed, each * 10**6) for place, each in enumerate(memory)]

    # per run 6, 5 and 5 MB, then 5.5, 6.5: the typical smaller stack has 5, so that up to 6.25 MB count as constant
    assert scaling.memory_words(points(6, 10, 20, 44)) == (
        "Memory per run stays constant: 5.5 MB in the stack of 8, 5.0 to 6.0 MB in smaller ones."
    )
    assert "grows: 6.5 MB" in scaling.memory_words(points(6, 10, 20, 52))
    assert scaling.memory_words(points(6)) == "Memory per run: 6.0 MB."


def test_the_figure_shows_every_stack_from_zero_up() -> None:
    points = [scaling.Point(1, score([Spell(300, 1.0)]), 7 * 10**6), scaling.Point(2, score([Spell(500, 1.0)]), 10**7)]
    speed, memory, share = scaling_figure(points, TINY).axes
    drawn: list[list[float]] = [np.asarray(axes.lines[0].get_ydata()).tolist() for axes in (speed, memory, share)]
    assert drawn == [[300.0, 500.0], [7.0, 10.0], [7.0, 5.0]]
    for axes, values in zip((speed, memory, share), drawn, strict=True):
        bottom, top = axes.get_ylim()
        assert bottom == 0
        assert max(values) < top < 2 * max(values)


@pytest.mark.usefixtures("tiny")
def test_overhead_of_a_tiny_study(capsys: pytest.CaptureFixture[str]) -> None:
    assert overhead.main(["--setting", "tiny", "--steps", "20", "--seeds", "2", "--rounds", "1"]) == 0
    said = capsys.readouterr().out
    assert "6 runs, 20 steps" in said
    assert "training alone" in said


def test_a_study_adds_what_it_takes_beyond_training() -> None:
    assert overhead.Times(training=8.0, study=10.0, report=3.0).share == 0.25


def test_the_small_study_trains_in_one_stack() -> None:
    study = overhead.small_study(TINY, steps=23, seeds=2)
    assert len({run.stack_key for run in study.expand()}) == 1
    assert (study.base.evaluate_every, study.base.record_every) == (None, None)
    assert overhead.train_alone(study) > 0
