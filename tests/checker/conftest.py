"""For all tests of the checker."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from quorate.checker.cli import console
from quorate.checker.explore.codegen.cache import cache_directory

from ..support.kernels import keep_kernels, share_kernels


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


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder of the module's own, for thousands of kernels that nobody wants again.

    It links to what Numba compiled of the search driver, which takes many seconds.
    """
    folder, driver = tmp_path_factory.mktemp("cache"), cache_directory() / "driver"
    with suppress(OSError):
        driver.mkdir(parents=True, exist_ok=True)
        (folder / "driver").symlink_to(driver, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUORATE_CACHE", str(folder))
        yield


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of their own for kernels; the search driver is not compiled again."""
    known = cache_directory() / "driver"
    if known.is_dir():
        shutil.copytree(known, tmp_path / "cache" / "driver")
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "cache"))
    keep_kernels(monkeypatch, keyed=False)
    return tmp_path / "cache" / "kernels"


@pytest.fixture
def warm(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where kernels are kept under keys, too, as they are for a user."""
    keep_kernels(monkeypatch, keyed=True)
    return cache.parent
