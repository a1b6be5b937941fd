"""Failures of the inherited contract show their values."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.pressures.contract")
