"""Which scenes come when."""

from __future__ import annotations

from collections import Counter

import torch

from emcomm.probes.graded.blocks import BLOCKS, SESSIONS, Sessions

SCENES, SEEDS = 23, (5, 2, 11)


def sessions(seeds: tuple[int, ...] = SEEDS) -> Sessions:
    return Sessions(seeds, SCENES, (3, 3, 7))


def test_halves_twice_then_all_once() -> None:
    made = sessions()
    for seed in range(len(SEEDS)):
        first, second, third = (Counter(made.trials(4, k, 0)[seed].tolist()) for k in range(SESSIONS))
        assert set(first.values()) == set(second.values()) == {2}
        assert (len(first), len(second)) == (12, 11)  # 23 scenes
        assert not first & second
        assert third == Counter(range(SCENES))


def test_every_block_of_a_session_is_about_the_same_scenes_in_another_order() -> None:
    made = sessions()
    orders = [made.trials(3, 0, block)[0] for block in range(len(BLOCKS))] + [made.trials(4, 0, 0)[0]]
    assert len({tuple(order.tolist()) for order in orders}) == len(orders)
    assert len({tuple(sorted(order.tolist())) for order in orders}) == 1


def test_distractors_are_other_scenes_of_the_session_without_repetition() -> None:
    made = sessions()
    for session, count in enumerate((3, 3, 7)):
        trials = made.trials(2, session, 1)
        shown = made.candidates(trials, 2, session)
        assert shown.shape == (len(SEEDS), trials.shape[1], 1 + count)
        assert torch.equal(shown[..., 0], trials)
        for seed in range(len(SEEDS)):
            topics = set(made.topics[session][seed].tolist())
            for row in shown[seed].tolist():
                assert len(set(row)) == len(row)
                assert set(row) <= topics


def test_there_are_no_more_distractors_than_other_scenes() -> None:
    made = Sessions([0], 5, (3, 3, 7))  # halves of 3 and 2 scenes
    assert made.distractors == [2, 1, 4]


def test_a_seeds_trials_do_not_depend_on_its_company() -> None:
    alone, together = sessions((11,)), sessions()
    assert torch.equal(alone.trials(6, 2, 1)[0], together.trials(6, 2, 1)[2])
    trials = alone.trials(6, 2, 1)
    assert torch.equal(alone.candidates(trials, 6, 2)[0], together.candidates(together.trials(6, 2, 1), 6, 2)[2])


def test_blocks_are_numbered_in_their_order() -> None:
    made = sessions()
    steps = [made.step(r, s, b) for r in range(2) for s in range(SESSIONS) for b in range(len(BLOCKS))]
    assert steps == list(range(18))
