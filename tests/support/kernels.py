"""Kernels that were made once in this process are made once only, however many tests ask for them.

Making one takes half a second, finding it again a few milliseconds. A kernel is known by the key
that it has for a user, and is not kept on disk under that key: code is still kept by the hash of
its text, which an edit of the sources seldom changes.

Some tests patch what makes kernels. While anything there is not what it was, every kernel is made
anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from importlib import import_module
from operator import is_
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest

from quorate.checker import ground, smt
from quorate.checker.explore import codegen, compiled, kernel, kernel_source, metadata, reduction
from quorate.checker.explore.codegen.cache import cache_directory, keep, kept
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.ir import core as c

KEY_OF = kernel.key_of
MOST_SHARED = 64
MOST_AT_HAND = 16


def made_by() -> Iterator[ModuleType]:
    """The modules that make a kernel from a description."""
    yield from (kernel, kernel_source, metadata)
    for package in (ground, smt, codegen, reduction):
        yield package
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            yield import_module(found.name)


@cache
def attributes() -> list[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Whatever a test could patch in them: constants, functions, classes, and their methods.

    Each is what holds them, and their values at first by name.
    """
    owners: set[Any] = set(made_by())
    owners |= {o for m in owners for o in vars(m).values() if isinstance(o, type)}
    return [(vars(o), {n: x for n, x in vars(o).items() if can_be_patched(n, x)}) for o in owners]


def can_be_patched(name: str, value: Any) -> bool:
    """Whether a test could give it another value, and means something by it."""
    kind = isinstance(value, int | type) or callable(value)
    return kind and not isinstance(value, bool) and not name.startswith("__")


def patched() -> bool:
    """Whether a test has changed what makes kernels."""
    return not all(
        all(map(is_, map(holder.get, first), first.values())) for holder, first in attributes()
    )


@lru_cache(MOST_SHARED)
def _shared(key: str, *how: bool) -> list[MachineCode]:
    """Room for the machine with this key."""
    return []


def machine(
    module: Callable[[], Any],
    quick: bool = False,
    key: str | None = None,
    improves: bool = False,
    first: object = None,
) -> MachineCode:
    """What stands for `MachineCode` while kernels are shared; it does not hold on to the kernel.

    Searches have the code of longer ones: what is made at first is compared with it elsewhere.
    """
    found = [] if key is None else _shared(key, quick, improves)
    if not found:
        found.append(MachineCode(str(module()), quick, improves=improves))
    return found[0]


MakeKernel = Callable[..., kernel.Kernel]


def remembering() -> MakeKernel:
    """What makes kernels and has the last ones at hand: unrolled once, however often searched."""
    made: OrderedDict[Any, kernel.Kernel] = OrderedDict()

    def make(
        description: c.Description, sizes: Sizes, symmetry: bool, por: bool, **how: bool
    ) -> kernel.Kernel:
        if patched():
            return kernel.Kernel(description, sizes, symmetry, por, **how)
        names = tuple(p.name for p in description.properties)
        elements = tuple(sizes.elements.items())
        key = description.protocol, names, elements, str(sizes), symmetry, por, *how.items()
        if key not in made:
            made[key] = kernel.Kernel(description, sizes, symmetry, por, **how)
        made.move_to_end(key)
        if len(made) > MOST_AT_HAND:
            made.popitem(last=False)
        return made[key]

    return make


def share_kernels(patch: pytest.MonkeyPatch) -> None:
    """From now on, and until the patch is undone."""
    patch.setattr(compiled, "Kernel", remembering())
    outlines: dict[str, bytes] = {}
    patch.setattr(kernel, "MachineCode", machine)
    patch.setattr(metadata, "kept", outlines.get)
    patch.setattr(metadata, "keep", outlines.__setitem__)
    patch.setattr(kernel, "key_of", lambda *what: None if patched() else KEY_OF(*what))
    attributes()


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
    patch.setattr(compiled, "Kernel", kernel.Kernel)
    patch.setattr(kernel, "MachineCode", MachineCode)
    patch.setattr(metadata, "kept", kept)
    patch.setattr(metadata, "keep", keep)
    patch.setattr(kernel, "key_of", KEY_OF if keyed else lambda *_: None)
