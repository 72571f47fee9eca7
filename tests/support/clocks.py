"""A clock for what is bounded by time: it counts how often it is looked at."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from quorate.checker.conform.driving import conformance


def count_looks(patch: pytest.MonkeyPatch) -> None:
    """From now on a second of driving is one look at the clock: about one step or probe."""
    numbers = itertools.count()
    patch.setattr(conformance, "time", SimpleNamespace(monotonic=lambda: float(next(numbers))))


def stand_still(patch: pytest.MonkeyPatch) -> None:
    """From now on driving never runs out of time: it ends when all was tried."""
    patch.setattr(conformance, "time", SimpleNamespace(monotonic=lambda: 0.0))
