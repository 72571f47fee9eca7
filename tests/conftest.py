"""Hypothesis for all tests: few examples every day, the same wherever it runs; many at random in
`make test-exhaustive`. No example has a deadline: a machine may be busy.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "everyday",
    max_examples=12,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "exhaustive", settings.get_profile("everyday"), max_examples=1500, derandomize=False
)
settings.load_profile("everyday")

os.environ.pop("GITHUB_ACTIONS", None)  # what a test prints is not meant for the job it runs in


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported stays: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
