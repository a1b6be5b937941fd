"""Five trits in a byte: every byte, every remainder, tensors that are hard on it, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emcomm.errors import BadInput
from emcomm.ternary import pack_trits, unpack_trits
from emcomm.ternary.trits import packed_size


def test_a_byte_by_hand():
    # (1 + 1) + 3 (0 + 1) + 9 (-1 + 1) + 27 (-1 + 1) + 81 (1 + 1) = 2 + 3 + 162
    assert pack_trits([1, 0, -1, -1, 1]).tolist() == [167]
    # The two that are missing are code 0: 0 + 3 * 2 + 9 + 27 + 81
    assert pack_trits([-1, 1, 0]).tolist() == [123]
    assert unpack_trits(b"\xa7\x7b", 8).tolist() == [1, 0, -1, -1, 1, -1, 1, 0]


def test_all_243_bytes():
    codes = np.array(list(itertools.product((-1, 0, 1), repeat=5)))
    packed = pack_trits(codes)
    assert sorted(packed.tolist()) == list(range(243))
    assert np.array_equal(unpack_trits(packed, codes.size).reshape(codes.shape), codes)
    for byte in range(243):
        assert pack_trits(unpack_trits(bytes([byte]), 5)).tolist() == [byte]


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=67))
def test_every_remainder_comes_back(codes: list[int]):
    packed = pack_trits(codes)
    assert packed.dtype == np.uint8
    assert packed.size == packed_size(len(codes)) == -(-len(codes) // 5)
    assert 8 * packed.size <= 1.6 * len(codes) + 7
    assert unpack_trits(packed, len(codes)).tolist() == codes


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 7, 11])
def test_tensors_are_flat_row_by_row(rows: int):
    codes = np.random.default_rng(rows).integers(-1, 2, (rows, 13))
    assert np.array_equal(pack_trits(codes), pack_trits(codes.reshape(-1)))
    assert np.array_equal(pack_trits(codes.astype(np.float32)), pack_trits(codes))
    assert np.array_equal(unpack_trits(pack_trits(codes), codes.size).reshape(codes.shape), codes)


@pytest.mark.parametrize("value", [-1, 0, 1])
def test_constant_tensors(value: int):
    for count in range(12):
        assert unpack_trits(pack_trits([value] * count), count).tolist() == [value] * count


@pytest.mark.parametrize("wrong", [2, -2, 0.5, float("nan"), 128])
def test_what_is_no_trit_is_refused(wrong: float):
    with pytest.raises(BadInput, match="codes: -1, 0 and 1 can be packed, got"):
        pack_trits([0, wrong, 1])


def test_bytes_that_hold_no_trits_are_refused():
    for byte in range(243, 256):
        with pytest.raises(BadInput, match=f"a byte holds 0..242, got {byte}"):
            unpack_trits(bytes([byte]), 5)
    with pytest.raises(BadInput, match="6 trits take 2 bytes, got 1"):
        unpack_trits(b"\x00", 6)
    with pytest.raises(BadInput, match="5 trits take 1 bytes, got 2"):
        unpack_trits(b"\x00\x00", 5)
    with pytest.raises(BadInput, match="what follows the 4 trits in the last byte is not 0"):
        unpack_trits(b"\x00", 4)
