"""Writes the tables of these pages from the environments themselves: keywords, observations and actions.

``python -m docs.environments.spaces`` brings every page up to date, between its pairs of markers
``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``. What stands outside of them is written by hand.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import emcomm.envs
from emcomm.config import Config
from emcomm.envs.play.layout import Layout
from emcomm.envs.play.match import Match
from emcomm.envs.play.script import Script
from emcomm.envs.play.settings import Settings

__all__ = ["ENVIRONMENTS", "PAGES", "page", "write"]

FOLDER = Path(__file__).parent
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "discrimination_v0": [{}],
    "reconstruction_v0": [{}],
    "guess_v0": [{}, {"known": 0}],
    "dialogue_v0": [{}, {"roles": "alternating"}],
    "concept_v0": [{}],
    "community_v0": [{}, {"members": 3}],
    "abstraction_v0": [{}],
}
"""Environments, and the settings whose spaces their pages show."""

ENVIRONMENTS = tuple(VARIANTS)
PAGES = ("README", *ENVIRONMENTS)


def settings_of(name: str) -> type[Settings]:
    """The class that holds the keywords of an environment."""
    module = importlib.import_module(f"emcomm.envs.{name}")
    found: type[Settings] = getattr(module, f"{name.removesuffix('_v0').title()}Settings")
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def written(value: object) -> str:
    """A default as one would write it: settings objects with no more than what differs from their own defaults."""
    if not isinstance(value, Config):
        return f'"{value}"' if isinstance(value, str) else repr(value)
    fields = type(value).model_fields
    own = {name: getattr(value, name) for name, field in fields.items() if getattr(value, name) != field.default}
    return f"{type(value).__name__}({', '.join(f'{name}={written(part)}' for name, part in own.items())})"


def described(kind: type[Config]) -> dict[str, str]:
    """What the docstring of a settings class says of each keyword."""
    args = inspect.cleandoc(kind.__doc__ or "").partition("Args:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n     .*)*)", args, re.MULTILINE)
    texts = {name: re.sub(r"\s+", " ", text).replace("``", "`") for name, text in found}
    return {name: _elsewhere(name, text) for name, text in texts.items()}


def _elsewhere(name: str, text: str) -> str:
    """Follow "see `Class`" to what that class says of the keyword."""
    there = re.search(r"see `(\w+)`", text)
    return text if there is None else described(getattr(emcomm.envs, there[1]))[name]


def keywords(name: str) -> str:
    """The keywords of an environment that are its own; of ``README``, those that all have."""
    kind = Settings if name == "README" else settings_of(name)
    own = [word for word in inspect.get_annotations(kind) if word in kind.model_fields]
    texts = described(kind) if own else {}
    if "rounds" in own:
        texts.setdefault("rounds", described(Settings)["rounds"])
    rows = [(f"`{word}`", f"`{written(kind.model_fields[word].get_default())}`", texts[word]) for word in own]
    return table(("keyword", "default", "what it sets"), rows) if rows else "It has no keywords of its own."


def overview(_: str) -> str:
    """One row an environment: agents, sizes of their spaces, steps of a game."""
    rows = []
    for name in ENVIRONMENTS:
        match = Match(settings_of(name)())
        speaker, listener = (places[0] for places in kinds(match).values())
        least, most = steps(match.script)
        rows.append(
            (
                f"[`{name}`]({name}.md)",
                ", ".join(f"`{agent}`" for agent in match.cast.agents),
                f"{match.layouts[speaker].width}, {match.layouts[listener].width}",
                f"{match.actions(speaker)}, {match.actions(listener)}",
                f"{least} to {most}",
            )
        )
    return table(("environment", "agents", "numbers observed", "actions", "steps of a game"), rows)


def kinds(match: Match) -> dict[str, list[int]]:
    """Places of the agents of each kind: speakers, listeners, or agents of both roles."""
    found: dict[str, list[int]] = {}
    for place, agent in enumerate(match.cast.agents):
        found.setdefault(agent.rpartition("_")[0], []).append(place)
    return found


def steps(script: Script) -> tuple[int, int]:
    """The fewest and the most legal actions that make a game."""

    @cache
    def rest(state: int) -> tuple[int, int]:
        if state == script.over:
            return 0, 0
        after = [rest(int(state)) for state in set(script.next[state][script.legal[state]].tolist())]
        return 1 + min(least for least, _ in after), 1 + max(most for _, most in after)

    return rest(0)


def spaces(name: str) -> str:
    """Observations and actions of an environment, for each of its variants and for one agent of each kind."""
    parts = []
    for words in VARIANTS[name]:
        match = Match(settings_of(name)(**words))
        given = ", ".join(f"{word}={written(value)}" for word, value in words.items())
        parts.append(f"### With `{given}`" if given else "### With the defaults")
        for places in kinds(match).values():
            names = [f"`{match.cast.agents[place]}`" for place in places]
            agents = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
            parts.append(f"{agents}: an observation is float32 `[{match.layouts[places[0]].width}]`.")
            parts.append(observation(match.layouts[places[0]], both=match.cast.both))
            parts.append(f"{agents}: an action is a number below {match.actions(places[0])}.")
            parts.append(actions(match, places[0]))
    return "\n\n".join(parts)


def observation(layout: Layout, *, both: bool) -> str:
    """The segments of an observation; agents who play one role are not told what the other sees."""
    rows = []
    for part in layout.segments:
        meaning = part.meaning if both else part.meaning.partition(", 0 for")[0]
        shape = " × ".join(map(str, part.shape))
        rows.append((span(range(part.start, part.stop)), f"`{part.name}`", shape, meaning))
    return table(("numbers", "segment", "shape", "what they say"), rows)


def actions(match: Match, agent: int) -> str:
    """What the numbers of an agent's actions stand for, as the table of turns has it."""
    script, roles = match.script, match.cast.roles(agent)
    known: dict[int, tuple[str, int | None]] = {}
    for state in range(script.over):
        if roles[script.actor[state]]:
            for action in script.legal[state].nonzero()[0].tolist():
                meaning = stands_for(match, state, action)
                assert known.setdefault(action, meaning) == meaning, "a number means the same in every state"
    rows = []
    for what, group in groupby(sorted(known), lambda action: known[action][0]):
        several = list(group)
        values = [known[action][1] for action in several if known[action][1] is not None]
        rows.append((span(several), " ".join([what, *([span(values)] if values else [])])))
    return table(("action", "what it does"), rows)


def stands_for(match: Match, state: int, action: int) -> tuple[str, int | None]:
    """What an action does in a state: in words, and the number it stands for where it has one."""
    script = match.script
    slot, value = int(script.slot[state, action]), int(script.value[state, action])
    if slot < script.slots.symbols:
        return ("says symbol", value) if value else ("ends the message (EOS)", None)
    if slot < script.slots.answer.start:
        return "says that the message was not understood", None
    if not any("candidates" in layout for layout in match.layouts):
        return "answers: value", value
    if len(script.choices) == 1:
        return "answers: candidate", value
    return ("answers: the candidate belongs" if value else "answers: the candidate does not belong"), None


def span(numbers: Sequence[int | None]) -> str:
    """A number, or the first and the last of several."""
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


PARTS: dict[str, Callable[[str], str]] = {"keywords": keywords, "overview": overview, "spaces": spaces}


def page(name: str) -> str:
    """A page as it should be: its present text with the tables made anew.

    Raises:
        ValueError: a marker without its other half.
    """
    return filled((FOLDER / f"{name}.md").read_text(encoding="utf-8"), name, PARTS)


def filled(text: str, name: str, parts: Mapping[str, Callable[[str], str]]) -> str:
    """The text of a page with what stands between its pairs of markers made anew.

    Args:
        text: the page as it is.
        name: its name, which the makers of its parts are given.
        parts: name of a marker -> what makes the part.

    Raises:
        ValueError: a marker without its other half.
    """
    for part, make in parts.items():
        begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
        if (text.count(begin), text.count(end)) not in ((0, 0), (1, 1)):
            raise ValueError(f"{name}.md: {begin} and {end} stand there once each, or not at all")
        if begin in text:
            before, _, rest = text.partition(begin)
            text = f"{before}{begin}\n\n{make(name)}\n\n{end}{rest.partition(end)[2]}"
    return text


def write() -> None:
    """Bring every page up to date."""
    for name in PAGES:
        (FOLDER / f"{name}.md").write_text(page(name), encoding="utf-8")


if __name__ == "__main__":
    write()
