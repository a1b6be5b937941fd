"""Saved interactions of the EGG toolkit: what becomes of messages and inputs, and that no code in a file is run."""

from __future__ import annotations

import os
import pickle
import sys
import types
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from emcomm import metrics
from emcomm.errors import BadInput
from emcomm.language import Language
from emcomm.language_egg import read_interaction


@dataclass(repr=True, unsafe_hash=True)
class Interaction:
    """The fields of EGG's dataclass, in its order."""

    sender_input: Tensor | None = None
    receiver_input: Tensor | None = None
    labels: Tensor | None = None
    aux_input: dict[str, Tensor] | None = None
    message: Tensor | None = None
    receiver_output: Tensor | None = None
    message_length: Tensor | None = None
    aux: dict[str, Tensor] = field(default_factory=dict)


@contextmanager
def named(module: str, name: str, what: Any) -> Iterator[None]:
    """Let a class or function be pickled as ``module.name``, in modules that exist no longer when it is read."""
    parts = module.split(".")
    paths = [".".join(parts[: end + 1]) for end in range(len(parts))]
    made = {path: types.ModuleType(path) for path in paths if path not in sys.modules}
    before = what.__module__, what.__qualname__
    try:
        sys.modules.update(made)
        setattr(sys.modules[module], name, what)
        what.__module__, what.__qualname__ = module, name
        yield
    finally:
        what.__module__, what.__qualname__ = before
        for path in made:
            del sys.modules[path]


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Save an interaction as EGG does: ``saved(message=..., ...)`` is the path of ``interaction_gpu0``."""

    def save(module: str = "egg.core.interaction", file: str = "interaction_gpu0", **fields: Any) -> Path:
        with named(module, "Interaction", Interaction):
            torch.save(Interaction(**fields), tmp_path / file)
        assert "egg" not in sys.modules
        return tmp_path / file

    return save


def refused(path: Path, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        Language.load(path)
    assert "\n" not in str(refusal.value)


GRID = torch.tensor([(i, j) for i in range(3) for j in range(5)])


def hot(values: Tensor, *sizes: int) -> Tensor:
    return torch.cat([one_hot(values[:, a], size) for a, size in enumerate(sizes)], dim=1).float()


# Messages


def test_symbols_end_at_the_first_zero_and_the_appended_end_is_dropped(saved):
    # EGG appends a column of zeros to every message, and goes on sampling after the first 0 of its own.
    message = torch.tensor([[4, 2, 7, 0], [3, 0, 5, 0], [0, 6, 6, 0]])
    path = saved(message=message, sender_input=torch.eye(3), message_length=torch.tensor([4, 2, 1]), aux_input={})
    language = Language.load(path)
    assert language.messages.tolist() == [[4, 2, 7], [3, 0, 0], [0, 0, 0]]
    assert (language.variable, language.symbols, language.max_length) == (True, None, 3)
    np.testing.assert_array_equal(language.lengths, [3, 1, 0])  # EGG's lengths count the end


def test_a_last_column_in_use_is_kept(saved):
    assert Language.load(saved(message=torch.tensor([[1, 2], [2, 0]]))).max_length == 2
    assert Language.load(saved(message=torch.tensor([[0], [0]]))).messages.tolist() == [[0], [0]]


def test_relaxed_messages_become_their_most_probable_symbols(saved):
    symbols = torch.tensor([[4, 2, 0], [1, 0, 0]])
    relaxed = 0.7 * one_hot(symbols, 7).float() + 0.3 / 7
    for message in (relaxed, one_hot(symbols, 7).float(), relaxed.bfloat16()):
        language = Language.load(saved(message=message))
        assert language.messages.tolist() == [[4, 2], [1, 0]]
        assert language.symbols == 6  # seven with EOS


def test_single_symbols_have_no_end(saved):
    spoken = torch.tensor([4, 0, 2])
    for message, known in ((spoken, None), (one_hot(spoken, 7).float(), 7)):
        language = Language.load(saved(message=message, message_length=torch.ones(3)))
        assert language.messages.tolist() == [[5], [1], [3]]
        assert (language.variable, language.symbols) == (False, known)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (None, "holds no messages.*store_message=True"),
        (torch.tensor([[0.3, 1.8], [0.1, -0.4]]), "they are continuous"),
        (torch.tensor([0.5, 0.5]), "they are continuous"),
        (torch.full((2, 3), float("nan")), "they are continuous"),
        (torch.tensor([[1, -2]]), "got -2"),
        (torch.ones(2, 3, dtype=torch.complex64), "plain tensor"),
        (torch.zeros(1, dtype=torch.int64).expand(10**9, 3), r"spreads few numbers over the shape \[1000000000, 3\]"),
        (torch.ones(2, 3, 5, dtype=torch.int64), r"must be symbols \[n, length\], got int64 \[2, 3, 5\]"),
        (torch.tensor([[True, False]]), "got bool"),
        (torch.ones(0, 3, dtype=torch.int64), r"got the shape \[0, 3\]"),
        (torch.tensor(3), "must have a row for each"),
        (torch.ones(2, 3, dtype=torch.int64).to_sparse(), "plain tensor"),
        (torch.ones(2, 3, dtype=torch.int64, device="meta"), "plain tensor"),
    ],
)
def test_what_is_no_message_is_refused(saved, message: Tensor | None, said: str):
    refused(saved(message=message), said)


# Meanings


def load(path: Path, **options: Any) -> list[list[int]] | None:
    language = Language.from_frame(read_interaction(path, **options))
    return None if language.meanings is None else language.meanings.tolist()


def test_one_hot_inputs_are_decoded(saved):
    message = torch.ones(15, 2, dtype=torch.int64)
    language = Language.load(saved(message=message, sender_input=hot(GRID, 5, 5)))
    assert language.meanings is not None
    assert language.meanings.tolist() == GRID.tolist()
    assert language.sizes == (5, 5)
    wide = saved(message=message, sender_input=hot(GRID, 5, 5).reshape(15, 2, 5))  # [n, attributes, values]
    assert load(wide) == GRID.tolist()
    uneven = saved(message=message, sender_input=hot(GRID, 3, 5))
    assert load(uneven) == GRID.tolist()
    assert Language.load(uneven).sizes is None
    single = Language.load(saved(message=message, sender_input=torch.eye(15)))
    assert single.meanings is not None
    assert single.meanings[:, 0].tolist() == list(range(15))
    assert single.sizes == (15,)


def test_attribute_values_are_taken_as_they_are(saved):
    message = torch.ones(15, 2, dtype=torch.int64)
    for values in (GRID, GRID.float(), GRID.to(torch.int16)):
        assert load(saved(message=message, sender_input=values)) == GRID.tolist()
    binary = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    assert load(saved(message=message[:4], sender_input=binary.float())) == binary.tolist()
    assert load(saved(message=message[:4], sender_input=binary.bool())) == binary.tolist()
    overlapping = torch.tensor([[1, 1, 0], [0, 1, 1], [1, 0, 1.0]])  # two of three features: no code of two attributes
    assert load(saved(message=message[:3], sender_input=overlapping)) == overlapping.int().tolist()
    assert load(saved(message=message[:3], sender_input=torch.tensor([5, 7, 5]))) == [[5], [7], [5]]


@pytest.mark.parametrize(
    "features",
    [
        torch.tensor([[0.5, 1.0], [0.25, 3.0], [0.5, 1.0]]),
        torch.tensor([[float("nan"), 1.0], [2.0, 3.0], [float("nan"), 1.0]]),
        torch.tensor([1, 0, 1]).reshape(3, 1, 1, 1).expand(3, 2, 5, 5),  # images
    ],
)
def test_other_inputs_are_told_apart_and_no_more(saved, features: Tensor):
    path = saved(message=torch.tensor([[1], [2], [1]]), sender_input=features)
    with pytest.warns(UserWarning, match="sender_input is no table of attributes"):
        language = Language.load(path)
    assert language.meanings is not None
    assert language.meanings.shape == (3, 1)
    assert language.meanings[0] == language.meanings[2] != language.meanings[1]


def test_another_field_can_hold_the_meanings(saved):
    path = saved(
        message=torch.tensor([[1], [2], [1]]),
        sender_input=torch.rand(3, 7),
        labels=torch.tensor([2, 0, 2]),
        aux_input={"attributes": torch.tensor([[1, 1], [0, 1], [1, 1]])},
    )
    assert load(path, meanings="labels") == [[2], [0], [2]]
    assert load(path, meanings="attributes") == [[1, 1], [0, 1], [1, 1]]
    assert load(path, meanings=None) is None
    with pytest.raises(BadInput, match="unknown field of .*'atributes'.*Did you mean 'attributes'"):
        read_interaction(path, meanings="atributes")
    with pytest.raises(BadInput, match="receiver_input must be a tensor, got NoneType"):
        read_interaction(path, meanings="receiver_input")


def test_inputs_that_were_not_stored_leave_a_corpus(saved):
    corpus = Language.load(saved(message=torch.tensor([[1, 2, 0], [2, 1, 0]])))
    assert corpus.meanings is None
    assert metrics.message_entropy(corpus) == 1.0


def test_inputs_that_are_no_numbers_of_one_line_are_refused(saved):
    message = torch.ones(2, 3, dtype=torch.int64)
    refused(saved(message=message, sender_input=torch.ones(2, 3, dtype=torch.complex64)), "plain tensor of numbers")
    refused(saved(message=message, sender_input=torch.zeros(1).expand(2, 10**10)), "sender_input spreads few numbers")


def test_inputs_and_messages_must_be_as_many(saved):
    refused(
        saved(message=torch.ones(3, 2, dtype=torch.int64), sender_input=torch.eye(5)), "a row for each of 3 messages"
    )


def test_the_speaker_of_a_population_is_known(saved):
    path = saved(
        message=torch.tensor([[1], [2], [3]]),
        sender_input=torch.eye(3),
        aux_input={"sender_idx": torch.tensor([[0], [4], [4]], dtype=torch.int32)},
    )
    language = Language.load(path, where={"speaker": 4})
    assert language.speaker == 4
    assert language.messages.tolist() == [[2], [3]]
    refused(path, "column 'speaker' holds 2 values")


def test_a_perfect_code_scores_what_it_should(saved):
    # Sampling goes on after the end; read to the last column this code would be far from perfect.
    junk = torch.from_numpy(np.random.default_rng(2).integers(1, 9, (15, 4)))
    message = torch.cat([GRID + torch.tensor([1, 4]), torch.zeros(15, 1, dtype=torch.int64), junk], dim=1)
    language = Language.load(saved(message=message, sender_input=hot(GRID, 3, 5)))
    assert metrics.topographic_similarity(language) == pytest.approx(1.0)


# Files


@pytest.mark.parametrize("file", ["interaction_gpu0", "test.pt", "i_test_interaction.pth"])
@pytest.mark.parametrize("module", ["egg.core.interaction", "vendored.egg.core.interaction"])
def test_files_of_the_toolkit_and_of_its_copies_are_read(saved, file: str, module: str):
    allowed = set(torch.serialization.get_safe_globals())
    assert Language.load(saved(module, file, message=torch.tensor([[1], [2]]))).n == 2
    assert not any(name.split(".")[0] in ("egg", "vendored") for name in sys.modules)
    assert set(torch.serialization.get_safe_globals()) == allowed


def test_a_dictionary_of_the_fields_will_do(tmp_path):
    torch.save({"message": GRID + 1, "sender_input": GRID}, tmp_path / "plain.pt")
    assert Language.load(tmp_path / "plain.pt").messages.tolist() == (GRID + 1).tolist()


class Hostile:
    """Calls a function when it is unpickled."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def hostile(mark: Path) -> list[Any]:
    return [
        Hostile(os.mkdir, str(mark)),
        Hostile(os.system, f"touch {mark}"),
        Hostile(eval, f"__import__('os').mkdir({str(mark)!r})"),
        Hostile(exec, f"import os; os.mkdir({str(mark)!r})"),
        {"message": torch.ones(2, 3), "more": [Hostile(os.mkdir, str(mark))]},
        Interaction(message=torch.ones(2, 3), aux={"more": Hostile(os.mkdir, str(mark))}),  # type: ignore[dict-item]
    ]


@pytest.mark.parametrize("case", range(6))
def test_a_hostile_file_runs_nothing(tmp_path, case: int):
    mark, path = tmp_path / "mark", tmp_path / "interaction_gpu0"
    with named("egg.core.interaction", "Interaction", Interaction):
        torch.save(hostile(mark)[case], path)
    refused(path, "asks for '[a-z_.]+', and nothing but tensors and EGG's Interaction is read")
    assert not mark.exists()


@pytest.mark.parametrize("case", range(4))
def test_a_bare_or_old_pickle_is_not_even_looked_into(tmp_path, case: int):
    mark, path = tmp_path / "mark", tmp_path / "interaction_gpu0"
    for write in (
        lambda what: path.write_bytes(pickle.dumps(what)),
        lambda what: torch.save(what, path, _use_new_zipfile_serialization=False),
    ):
        write(hostile(mark)[case])
        refused(path, "not readable as an interaction saved by EGG")
    assert not mark.exists()


def test_a_function_cannot_pose_as_the_interaction(tmp_path):
    mark, path = tmp_path / "mark", tmp_path / "interaction_gpu0"

    def make(name: str) -> None:
        Path(name).mkdir()

    with named("egg.core.interaction", "Interaction", make):
        torch.save(Hostile(make, str(mark)), path)
    refused(path, "not readable as an interaction saved by EGG")  # the stand-in takes no arguments
    assert not mark.exists()


def test_a_state_that_is_no_dictionary_is_refused(tmp_path):
    class Odd:
        def __reduce__(self) -> tuple[Any, ...]:
            return Odd, (), ["message"]

    with named("egg.core.interaction", "Interaction", Odd):
        torch.save(Odd(), tmp_path / "odd.pt")
    refused(tmp_path / "odd.pt", "not readable as an interaction saved by EGG")


@pytest.mark.parametrize("what", [torch.ones(3), [torch.ones(3)], {"weights": torch.ones(3)}, {}, 7, None])
def test_other_files_of_tensors_hold_no_messages(tmp_path, what: Any):
    torch.save(what, tmp_path / "other.pt")
    refused(tmp_path / "other.pt", "holds no messages")


def test_damaged_files_are_told_in_one_line(saved):
    path, rng = saved(message=torch.tensor([[1, 0], [2, 0]]), sender_input=torch.eye(2)), np.random.default_rng(5)
    whole = path.read_bytes()
    for content in (b"", b"PK\x03\x04", whole[: len(whole) // 2], whole[:-30]):
        path.write_bytes(content)
        refused(path, "not readable as an interaction saved by EGG")
    told = []
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(len(whole), size=5):
            damaged[place] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            Language.load(path)
        except BadInput as error:
            told.append(str(error))
    assert len(told) > 10
    assert not any("\n" in line for line in told)


def test_other_archives_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.pt", "w") as archive:
        archive.writestr("data.pkl", pickle.dumps([1]))
    refused(tmp_path / "other.pt", "not readable as an interaction saved by EGG")
