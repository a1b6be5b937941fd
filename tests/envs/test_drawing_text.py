"""A scene in words: what the listener does, how it stands, and the game as text."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace

import pytest

from emcomm.envs.drawing import Turn, text
from emcomm.envs.drawing.scene import signed
from tests.envs.scenes import BEFORE, CHOOSE, NAME, SAID, SORT, things


def test_scene_says_what_the_listener_does_and_how_it_stands() -> None:
    assert (CHOOSE.task, NAME.task, SORT.task) == ("choose", "name", "sort")
    assert CHOOSE.status == "lost"
    assert replace(CHOOSE, correct=True).status == "won"
    assert BEFORE.status == "listener_0 to act"
    assert replace(BEFORE, acts=None).status == "broken off"
    # 1 is right, 1 should be 0, no answer, 0 is right, and the fifth was never given.
    assert [SORT.verdict(part) for part in range(5)] == [True, False, False, True, False]
    assert BEFORE.verdict(0) is None


def test_scene_survives_pickling_and_is_a_value() -> None:
    assert pickle.loads(pickle.dumps(SORT)) == SORT
    assert hash(CHOOSE) == hash(replace(CHOOSE))
    assert CHOOSE != BEFORE


@pytest.mark.parametrize(
    ("reward", "words"), [(1, "+1.00"), (-0.05, "−0.05"), (0.0, "0.00"), (-0.001, "0.00"), (12.345, "+12.35")]
)
def test_rewards_carry_their_sign(reward: float, words: str) -> None:
    assert signed(reward) == words


def test_text_of_a_discrimination_game() -> None:
    assert text(CHOOSE) == "\n".join(
        [
            "discrimination_v0   round 3 of 11   lost",
            "----------------------------------------",
            "speaker_0 sees      2·4",
            "speaker_0 says        3   1   5   2 end",
            "          heard       3   ?   5   7 end",
            "listener_0 chooses    #0 2·1  > #1 0·6   *#2 2·4",
            "                    > chosen #1   * right #2",
            "rewards             speaker_0 −0.25   listener_0 0.00",
        ]
    )


def test_text_before_an_answer_gives_nothing_away() -> None:
    lines = text(BEFORE).splitlines()
    assert lines[0] == "discrimination_v0   round 3 of 11   listener_0 to act"
    assert lines[5] == "listener_0 chooses    #0 2·1    #1 0·6    #2 2·4"
    assert text(BEFORE) == text(replace(BEFORE, right=(0,)))


def test_text_of_a_reconstruction_game() -> None:
    lines = text(NAME).splitlines()
    assert lines[2:] == [
        "speaker_0 sees      11·2·1",
        "speaker_0 says      5 6 end",
        "listener_0 names    11· -· 1",
        "           right    11· 2· 1",
    ]
    begun = replace(NAME, over=False, correct=None, answer=(11,), acts="listener_0")
    assert "listener_0 names    11· _· _" in text(begun).splitlines()
    assert "right" not in text(begun)
    assert "right" not in text(replace(NAME, answer=NAME.right, correct=True))


def test_text_of_a_concept_game() -> None:
    lines = text(SORT).splitlines()
    assert lines[2:] == [
        "speaker_0 sees +    0·1  0·6",
        "speaker_0 sees -    3·1",
        "                    no message",
        "listener_0 sorts     +#0 0·3  !+#1 1·1  !?#2 0·0   -#3 4·6  !?#4 2·2",
        "                    + in   - out   ? no answer   ! wrong   2 of 5 right",
    ]
    begun = replace(SORT, over=False, correct=None, acts="listener_0", answer=(1, 0))
    assert "listener_0 sorts     +#0 0·3   -#1 1·1    #2 0·0    #3 4·6    #4 2·2" in text(begun).splitlines()


def test_text_of_a_dialogue_shows_the_last_turns() -> None:
    asks = Turn("listener_0", (), (), True, repair=True)
    talks = Turn("speaker_0", (2,), (2,), False)
    lines = text(replace(BEFORE, turns=(SAID, asks, *[talks] * 3))).splitlines()
    assert lines[5] == "listener_0 says     not understood"
    assert lines[6:9] == ["speaker_0 says      2 ..."] * 3
    many = text(replace(BEFORE, turns=(SAID,) * 4 + (talks,) * 7)).splitlines()
    assert many[3].strip() == "… 3 earlier"
    assert sum("says" in line for line in many) == 8
    # What was said last, in full, of a channel that loses symbols: nothing stands below the third.
    assert "          heard       1   ? end" in text(
        replace(BEFORE, turns=(Turn("speaker_0", (1, 2, 3), (1, 8), True),))
    )


def test_text_stays_within_a_hundred_columns() -> None:
    long = tuple(range(1, 8)) * 31
    wide = replace(
        CHOOSE,
        speaker="speaker_of_a_rather_long_and_winding_name_0",
        shown=things(tuple(range(60))),
        candidates=things(*itertools.product(range(5), range(7))),
        turns=(Turn("speaker_0", long, long[::-1], True), Turn("speaker_0", long, long, False)),
        rewards={f"speaker_{agent}": 0.0 for agent in range(13)},
    )
    for scene in (wide, replace(wide, name="n" * 200)):
        assert max(map(len, text(scene).splitlines())) <= 100
    words = text(wide).split()
    assert all(f"#{place}" in words or f">#{place}" in words or f"*#{place}" in words for place in range(35))
