"""The code on the pages of docs/ runs as it stands, block after block, and does what the pages say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emcomm import Channel, Results, Setup, Study
from emcomm.cli import main
from emcomm.envs import Discrimination
from emcomm.errors import BadInput
from emcomm.registry import FAMILIES
from emcomm.training import Run, Trainer, build_agents
from emcomm.worlds import AttributeWorld
from emcomm.worlds.form import Image

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("docs/environments/*.md"))


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a page files under a name, writes or draws is gone after its test."""
    for registry in FAMILIES.values():
        monkeypatch.setattr(registry, "_known", dict(registry._known))
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng(devices=[]):
        yield


def run(page: str | Path) -> dict[str, Any]:
    """Run the Python blocks of a page in their order; return the names they leave."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert blocks
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        exec(compile(block, str(page), "exec", dont_inherit=True), names)  # the asserts in them count
    return names


def test_agents_of_ones_own_learn_both_ways() -> None:
    names = run("docs/tutorials/train_your_own.md")
    assert names["game"]["candidates"] == 5
    assert names["rewarded"] > 0.6  # chance is 0.2; eight seeds gave 0.99 to 1
    assert names["relaxed"] > 0.6  # eight seeds gave 0.81 to 1
    language = names["language"]
    assert language.n >= 25  # every meaning was talked about
    assert set(map(tuple, language.meanings.tolist())) == set(np.ndindex(5, 5))
    assert names["table"]["value"].notna().all()
    assert names["table"]["p_value"][0] < 0.05  # of topographic similarity
    assert len(names["games"]) == 100
    assert names["games"].accuracy > 0.5  # a hundred games


def test_a_world_of_ones_own_is_played_and_studied(tmp_path: Path) -> None:
    names = run("docs/how_to/bring_your_own_world.md")
    world, board = names["world"], names["board"]
    assert world.features().shape == (6, 16)
    assert np.allclose(world.probabilities(), np.array([40, 50, 5, 8, 12, 3]) / 118)
    # A board of 5 x 5 places without 4 corners; features go from 0 to 1 and from 1 to 0.
    assert board.meanings().shape == (21, 2)
    assert board.features()[0].tolist() == [0.0, 0.25, 1.0, 0.75]
    assert names["seen"].form == Image(3, 8, 8)
    picture = names["PictureWorld"]()
    # 4 x 5 places without corners: (0, 1), (0, 2), (0, 3), (1, 0), ... The third lights pixel 3, the fourth pixel 5.
    assert picture.form == Image(1, 4, 5)
    assert picture.features().shape == (16, 20)
    assert picture.features()[2:4].argmax(1).tolist() == [3, 5]
    seen, agent = names["seen"], names["agent"]
    setup = Setup(world=seen, game=Discrimination(), channel=Channel(5, 2), speaker=agent, listener=agent)
    speaker: Any = build_agents(setup)[0]
    assert speaker.start(torch.from_numpy(seen.features()))[0].shape == (6, agent.hidden)
    train, test = (names[name].match.deck.targets[0].tolist() for name in ("training", "testing"))
    assert len(test) == 4  # a fifth of 21
    assert sorted(train + test) == list(range(21))
    results = Results.open(tmp_path / "results" / "board")
    assert results.study.base.world == board
    assert set(results.runs["status"]) == {"done"}
    env = results.parallel_env("off/0", targets="held_out")
    assert env.match.deck.targets.shape == (1, 4)


def test_a_game_of_ones_own_is_played_and_studied(tmp_path: Path) -> None:
    names = run("docs/how_to/add_a_game.md")
    world, game = AttributeWorld(values=(2, 3)), names["Relevance"](attribute=1)
    assert names["env"](world=world, attribute=1).action_space("listener_0").n == 3
    with pytest.raises(BadInput, match=r"attribute 2 asked for, the world has 0\.\.1"):
        names["env"](world=world, attribute=2)
    base = Setup(world=world, game=game, channel=Channel(5, 2), steps=100)
    study = Study(name="relevance", source="none", base=base, pressures={}, design="off", patterns=[], seeds=1)
    results = study.run(tmp_path / "results", report=False)
    accuracy = results.metrics[results.metrics["metric"] == "accuracy"].sort_values("step")["value"]
    assert accuracy.iloc[-1] > 0.6  # chance is a third


def test_agents_are_packed_and_play(capsys: pytest.CaptureFixture[str]) -> None:
    page = "docs/how_to/pack_agents.md"
    names = run(page)
    assert 1.6 <= names["size"].bits_per_weight < 1.61
    assert names["games"].accuracy > 0.6  # chance is a third
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if " wide, " in line and line.startswith("|")] == names["rows"]
    command = re.findall(r"^emcomm (pack \S+)", text, re.MULTILINE)[0]
    assert main(command.split()) == 0
    assert Path("results/small_agents/packed/off/0-speaker-0.trits").stat().st_size == names["size"].file_bytes
    assert "0-listener-0.trits" in capsys.readouterr().out


def test_the_page_of_agents_makes_ternary_ones() -> None:
    setup = run("docs/agents.md")["setup"]
    trainer = Trainer([Run("a", 5, setup)])
    assert all(stack.ternary for stack in trainer.stacks.values())
    trainer.advance()
    assert (trainer.broken_at == -1).all()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_the_environments_run(page: Path) -> None:
    run(page)


def test_the_readme_shows_how_to_play(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text.partition("\n## Play the games with your own agents\n")[2].partition("\n## ")[0]
    block = re.findall(r"^```python\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)[0]
    exec(compile(block, "README.md", "exec", dont_inherit=True), {"__name__": "example"})
    assert capsys.readouterr().out


def test_every_page_is_run() -> None:
    pages = [path.stem for folder in ("tutorials", "how_to") for path in ROOT.glob(f"docs/{folder}/*.md")]
    assert sorted(pages) == ["add_a_game", "bring_your_own_world", "pack_agents", "train_your_own"], (
        "a new page needs a test above"
    )
    assert len(PAGES) == 8
