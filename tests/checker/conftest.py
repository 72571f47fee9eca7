"""For all tests of the checker."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from quorate.checker.cli import console

from ..support.clocks import stand_still
from ..support.kernels import keep_kernels, own_folder, share_kernels


@pytest.fixture(autouse=True, scope="session")
def kernels_are_shared() -> Iterator[None]:
    """Tests of what is kept on disk ask for `cache`; those of the keys, for `warm`."""
    with pytest.MonkeyPatch.context() as patch:
        share_kernels(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_progress_is_told() -> Iterator[None]:
    """How much of it a log gets depends on how busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "FIRST_LOG_LINE_S", math.inf)
        yield


@pytest.fixture(autouse=True, scope="session")
def driving_has_time() -> Iterator[None]:
    """Tests of what is bounded by time say what a clock shows."""
    with pytest.MonkeyPatch.context() as patch:
        stand_still(patch)
        yield


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder of the module's own, for thousands of kernels that nobody wants again."""
    with pytest.MonkeyPatch.context() as patch:
        own_folder(tmp_path_factory.mktemp("cache"), patch)
        yield


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of their own for kernels; the search driver is not compiled again."""
    own_folder(tmp_path / "cache", monkeypatch)
    keep_kernels(monkeypatch, keyed=False)
    return tmp_path / "cache" / "kernels"


@pytest.fixture
def warm(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where kernels are kept under keys, too, as they are for a user."""
    keep_kernels(monkeypatch, keyed=True)
    return cache.parent
