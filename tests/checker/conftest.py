"""For all tests of the checker."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from quorate.checker.cli import console
from quorate.checker.explore import kernel
from quorate.checker.explore.codegen.cache import cache_directory

KEY_OF = kernel.key_of


@pytest.fixture(autouse=True, scope="session")
def nothing_is_kept_under_a_key() -> Iterator[None]:
    """Tests patch what makes kernels: one that was made otherwise must not be found.

    Kernels are kept by the hash of their text all the same. Tests of the keys ask for `warm`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "key_of", lambda *_: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_progress_is_told() -> Iterator[None]:
    """How much of it a log gets depends on how busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "FIRST_LOG_LINE_S", math.inf)
        yield


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of their own for kernels; the search driver is not compiled again."""
    known = cache_directory() / "driver"
    if known.is_dir():
        shutil.copytree(known, tmp_path / "cache" / "driver")
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kernels"


@pytest.fixture
def warm(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where kernels are kept under keys, too, as they are for a user."""
    monkeypatch.setattr(kernel, "key_of", KEY_OF)
    return cache.parent
