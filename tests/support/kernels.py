"""Kernels that were made once in this process are made once only, however many tests ask for them.

Making one takes half a second, finding it again a few milliseconds. A kernel is known by the key
that it has for a user, and is not kept on disk under that key: code is still kept by the hash of
its text, which an edit of the sources seldom changes.

Some tests patch what makes kernels. While anything there is not what it was, every kernel is made
anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest

from quorate.checker import ground, smt
from quorate.checker.explore import codegen, kernel, kernel_source, metadata, reduction
from quorate.checker.explore.codegen.cache import cache_directory, keep, kept
from quorate.checker.explore.codegen.machine_code import MachineCode

KEY_OF = kernel.key_of
MOST_SHARED = 64


def made_by() -> Iterator[ModuleType]:
    """The modules that make a kernel from a description."""
    yield from (kernel, kernel_source, metadata)
    for package in (ground, smt, codegen, reduction):
        yield package
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            yield import_module(found.name)


def attributes() -> dict[tuple[int, str], Any]:
    """Whatever a test could patch in them: constants, functions, classes, and their methods."""
    owners: set[Any] = set(made_by())
    owners |= {o for m in owners for o in vars(m).values() if isinstance(o, type)}
    return {
        (id(owner), name): value
        for owner in owners
        for name, value in vars(owner).items()
        if isinstance(value, int | type) or callable(value)
        if not isinstance(value, bool) and not name.startswith("__")
    }


@cache
def unpatched() -> dict[tuple[int, str], Any]:
    return attributes()


def patched() -> bool:
    """Whether a test has changed what makes kernels."""
    now = attributes()
    return any(now.get(where) is not value for where, value in unpatched().items())


@lru_cache(MOST_SHARED)
def _shared(key: str, quick: bool) -> list[MachineCode]:
    """Room for the machine with this key."""
    return []


def machine(module: Callable[[], Any], quick: bool = False, key: str | None = None) -> MachineCode:
    """What stands for `MachineCode` while kernels are shared; it does not hold on to the kernel."""
    found = [] if key is None else _shared(key, quick)
    if not found:
        found.append(MachineCode(str(module()), quick))
    return found[0]


def share_kernels(patch: pytest.MonkeyPatch) -> None:
    """From now on, and until the patch is undone."""
    outlines: dict[str, bytes] = {}
    patch.setattr(kernel, "MachineCode", machine)
    patch.setattr(metadata, "kept", outlines.get)
    patch.setattr(metadata, "keep", outlines.__setitem__)
    patch.setattr(kernel, "key_of", lambda *what: None if patched() else KEY_OF(*what))
    unpatched()


def borrow_driver(folder: Path) -> None:
    """Let a cache folder have what Numba compiled of the search driver: it takes many seconds."""
    driver = cache_directory() / "driver"
    with suppress(OSError):  # where nothing can be kept, it is compiled again
        driver.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "driver").symlink_to(driver, target_is_directory=True)


def own_folder(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """From now on, and until the patch is undone, this is the cache folder."""
    borrow_driver(folder)
    patch.setenv("QUORATE_CACHE", str(folder))


def keep_kernels(patch: pytest.MonkeyPatch, keyed: bool) -> None:
    """In the cache folder, by the hash of their text, or under keys, as they are for a user."""
    patch.setattr(kernel, "MachineCode", MachineCode)
    patch.setattr(metadata, "kept", kept)
    patch.setattr(metadata, "keep", keep)
    patch.setattr(kernel, "key_of", KEY_OF if keyed else lambda *_: None)
