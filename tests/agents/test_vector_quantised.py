"""Codebooks: logits by distance, by hand; the nearest vector is said; temperatures."""

from __future__ import annotations

import pytest
import torch

from emcomm.agents import VectorQuantised
from emcomm.agents.speaking import speak
from emcomm.agents.vector_quantised import Codebook
from emcomm.channel import Channel
from emcomm.errors import BadInput
from emcomm.worlds.form import Flat


def test_logits_by_hand():
    # Projected to itself, (1, 2) is 1 + 4 = 5, 4 + 0 = 4 and 0 + 1 = 1 away from (0, 0), (3, 2) and (1, 1), squared.
    codebook = Codebook(2, 3, 2, temperature=0.5)
    with torch.no_grad():
        codebook.get_parameter("project.weight").copy_(torch.eye(2))
        codebook.get_parameter("project.bias").zero_()
        codebook.codes.copy_(torch.tensor([[0.0, 0.0], [3.0, 2.0], [1.0, 1.0]]))
    torch.testing.assert_close(codebook(torch.tensor([[1.0, 2.0]])), torch.tensor([[-10.0, -8.0, -2.0]]))


@pytest.mark.parametrize("variable", [True, False])
def test_the_nearest_vector_is_said(variable: bool):
    torch.manual_seed(1)
    agent = VectorQuantised(hidden=7, embedding=3, dimensions=5)
    speaker = agent.speaker(Flat(11), Channel(13, 1, variable))
    codebook = speaker.get_submodule("out")
    assert isinstance(codebook, Codebook)
    with torch.no_grad():
        codebook.get_parameter("project.weight").mul_(5)
    features = torch.randn(17, 11)
    state, _ = speaker.start(features)
    distances = torch.cdist(codebook.project(state), codebook.codes)
    said = speak(speaker, features, torch.arange(17), None).symbols[:, 0]
    assert torch.equal(said, distances.argmin(-1) + (not variable))
    assert len(said.unique()) > 2


def test_a_smaller_temperature_is_more_certain():
    entropies = []
    for temperature in (0.1, 1.0, 10.0):
        torch.manual_seed(1)
        speaker = VectorQuantised(temperature=temperature).speaker(Flat(11), Channel(5, 3))
        torch.manual_seed(2)
        entropies.append(speak(speaker, torch.randn(17, 11), torch.arange(17), torch.rand(17, 3)).entropy)
    assert (entropies[0] < entropies[1]).all()
    assert (entropies[1] < entropies[2]).all()


def test_without_heat_nothing_can_be_said():
    with pytest.raises(BadInput, match="temperature: .*greater than 0, got 0"):
        VectorQuantised(temperature=0)
