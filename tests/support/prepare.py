"""Write the LLVM code of the search that comes with the package (`make prepared`).

It is what Numba compiles while models of one to five words a state are searched, by one thread and
by two, grow their tables, stop at a limit, count their guards, give their graph, and have their
temporal properties checked.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import quorate
from quorate.checker.explore.codegen import native
from quorate.checker.explore.codegen.prepared import ARCHIVE, entry
from quorate.checker.explore.search import driver, in_memory, shuffle
from quorate.checker.explore.store import sweep, table
from quorate.checker.liveness import passes
from quorate.model.language import (
    Map,
    Protocol,
    Sort,
    action,
    always_eventually,
    durable,
    eventually,
    require,
    step_property,
)

STARTED = (1980, 1, 1, 0, 0, 0)  # the date of every file: the archive depends on the code alone
SIZES = ((1, 18), (1, 64), (2, 64), (3, 64), (4, 64), (5, 64))  # a keyed table, then 1 to 5 words
MOST = 140_000  # states: more than a search has room for at first


class Lamp(Sort): ...


class Row(Sort): ...


class Lamps(Protocol):
    """Every set of lamps is a state."""

    on: Map[Row, Lamp, bool] = durable(False)

    @action
    def light(self, r: Row, x: Lamp) -> None:
        require(not self.on[r, x])
        self.on[r, x] = True


class Blinking(Protocol):
    """Lamps go on and out, each again and again; they are never all on, perhaps."""

    on: Map[Lamp, bool] = durable(False)

    @action(fair="weak", fair_for="x")
    def light(self, x: Lamp) -> None:
        require(not self.on[x])
        self.on[x] = True

    @action(fair="strong", fair_for="x")
    def put_out(self, x: Lamp) -> None:
        require(self.on[x])
        self.on[x] = False

    @always_eventually
    def each_is_on(self, x: Lamp) -> bool:
        return self.on[x]

    @eventually
    def all_are_on(self) -> bool:
        return all(self.on[x] for x in Lamp)

    @step_property
    def one_lamp_stays(self, old: Blinking) -> bool:
        return any(self.on[x] == old.on[x] for x in Lamp)


def searches(most: int = MOST, widths: int = len(SIZES)) -> Iterator[quorate.CheckResult]:
    """Searches that call whatever is prepared, each of so many states, of so many widths."""
    for threads in (1, 2):
        how = quorate.BreadthFirst(limit=most, threads=threads)
        for rows, lamps in SIZES[:widths]:
            yield quorate.check(Lamps, sizes={"Row": rows, "Lamp": lamps}, search=how)
    small = quorate.check(Lamps, sizes={"Row": 1, "Lamp": 3})
    assert small.graph().edges == 12
    yield small
    blinking = quorate.check(Blinking, sizes={"Lamp": 2})
    assert blinking.liveness is not None
    yield blinking


@contextmanager
def nothing_compiled() -> Iterator[pytest.MonkeyPatch]:
    """With an empty cache, and nothing at hand of what was compiled before."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUORATE_CACHE", folder)
        patch.setattr(driver, "_searches", {})
        patch.setattr(shuffle, "_functions", {})
        patch.setattr(in_memory, "CROWD", 1)
        for module in (driver, table, sweep, shuffle, passes):
            for function in vars(module).values():
                if isinstance(function, native.Native):
                    patch.setattr(function, "_code", {})
        yield patch


def made() -> dict[str, str]:
    """By the names of their files, the code of all functions that these searches call."""
    found: dict[str, str] = {}

    def text(self: native.Code) -> str:
        found[entry(self.name)] = code = self.compiled()
        return code

    with nothing_compiled() as patch:
        patch.setattr(native.Code, "_text", text)
        list(searches())
    return found


def write(texts: dict[str, str], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in sorted(texts.items()):
            archive.writestr(zipfile.ZipInfo(name, STARTED), text, zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    write(made(), ARCHIVE)
