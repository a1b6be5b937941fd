"""How fast training is, what it costs in memory, and what a study adds to it; see README.md beside this file."""

from __future__ import annotations

__all__: list[str] = []
