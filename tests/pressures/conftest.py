"""What tests of pressures run under; failures of the inherited contract show their values."""

from __future__ import annotations

import pytest

from tests.threads import one_thread

__all__ = ["one_thread"]

pytest.register_assert_rewrite("tests.pressures.contract")
