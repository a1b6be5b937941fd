"""Learners of languages of graded structure: words for shapes that move at an angle, learnt by neural networks.

`graded_languages` makes languages, `learn_languages` lets fresh learners learn them as one stack, `learner_scores`
scores them as people are scored. `read_languages` and `people_table` read the data of people, which users bring along.

Source: Galke, Ram & Raviv 2024; Raviv, de Heer Kloots & Meyer 2021.
"""

from __future__ import annotations

from emcomm.probes.graded.course import Course
from emcomm.probes.graded.generated import graded_language, graded_languages
from emcomm.probes.graded.language import ALPHABET, GradedLanguage
from emcomm.probes.graded.learning import Learning, learn_languages
from emcomm.probes.graded.people import Person, people_table, read_languages, read_people
from emcomm.probes.graded.scores import agreement, learner_scores

__all__ = [
    "ALPHABET",
    "Course",
    "GradedLanguage",
    "Learning",
    "Person",
    "agreement",
    "graded_language",
    "graded_languages",
    "learn_languages",
    "learner_scores",
    "people_table",
    "read_languages",
    "read_people",
]
