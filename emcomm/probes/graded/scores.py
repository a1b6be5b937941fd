"""Scores of learners of graded languages: memory, generalisation to new scenes, and agreement among learners."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emcomm.metrics.production import normalised_distances, pairs_of
from emcomm.metrics.structure import generalisation_score
from emcomm.probes.graded.learning import Learning

__all__ = ["agreement", "learner_scores"]

FloatArray = NDArray[np.float64]


def learner_scores(learning: Learning) -> pd.DataFrame:
    """Score every learner at every test.

    Args:
        learning: from `learn_languages`.

    Returns:
        one row for each test, language and seed, in this order:

        * ``language, structure, level, seed, round``;
        * ``accuracy``: share of familiar scenes named by exactly the taught word, 0..1;
        * ``similarity``: mean of 1 - normalised Levenshtein distance to the taught words, 0..1;
        * ``generalisation``: `emcomm.metrics.generalisation_score` of what the learner itself calls familiar and new
          scenes, -1..1, NaN where undefined (all words alike);
        * ``agreement``: see `agreement`, 0..1, NaN with one seed; its mean over seeds is the convergence score;
        * ``guessed``: share of right guesses in the round's last session, before each update and with dropout, 0..1;
        * ``words``: how many different words it says for the familiar scenes.

    Cost: about 1 ms for each row.

    Source: Raviv, de Heer Kloots & Meyer 2021; Galke, Ram & Raviv 2024.
    """
    familiar, new = learning.familiar, learning.new
    taught = np.array([language.words for language in learning.languages], dtype=object)
    taught = np.broadcast_to(taught[None, :, None], familiar.shape)
    near = 1.0 - normalised_distances(familiar.ravel().tolist(), taught.ravel().tolist()).reshape(familiar.shape)
    columns = {
        "accuracy": (familiar == taught).mean(-1).ravel(),
        "similarity": near.mean(-1).ravel(),
        "generalisation": _generalisation(learning).ravel(),
        "agreement": np.stack([[agreement(words) for words in test] for test in new]).ravel(),
        "guessed": learning.guessed[learning.rounds - 1, -1].ravel(),
        "words": np.array([len(set(words)) for words in familiar.reshape(-1, familiar.shape[-1]).tolist()]),
    }
    tests, languages, seeds = familiar.shape[:3]
    places = np.stack(np.unravel_index(np.arange(tests * languages * seeds), (tests, languages, seeds)))
    who = {
        "language": [learning.languages[place].name for place in places[1]],
        "structure": [learning.languages[place].structure for place in places[1]],
        "level": [learning.languages[place].level for place in places[1]],
        "seed": np.array(learning.seeds)[places[2]],
        "round": learning.rounds[places[0]],
    }
    return pd.DataFrame(who | columns)


def agreement(words: NDArray[np.object_]) -> FloatArray:
    """How near each learner's words are to those of the others, mean over scenes and others.

    Args:
        words: strings ``[learners, scenes]``.

    Returns:
        float64 ``[learners]``, in 0..1: 1 - the mean normalised Levenshtein distance; NaN with one learner. The mean
        over learners is `emcomm.metrics.convergence_score`.

    Source: Raviv, de Heer Kloots & Meyer 2021, their convergence score, here for each learner.
    """
    learners = len(words)
    if learners < 2:
        return np.full(learners, np.nan)
    total = np.zeros(learners)
    for i, distances in pairs_of(words):
        apart = distances.mean(-1)
        total[i] += apart.sum()
        total[i + 1 :] += apart
    return 1.0 - total / (learners - 1)


def _generalisation(learning: Learning) -> FloatArray:
    tests, languages, seeds = learning.familiar.shape[:3]
    scores = np.empty((tests, languages, seeds))
    for test, place, seed in np.ndindex(tests, languages, seeds):
        language = learning.languages[place]
        known, fresh = learning.familiar[test, place, seed], learning.new[test, place, seed]
        scores[test, place, seed] = generalisation_score(
            *language.familiar, known.tolist(), *language.new, fresh.tolist()
        )
    return scores
