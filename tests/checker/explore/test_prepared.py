"""The code of the search that comes with the package: it is current, and does what Numba's does."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quorate.checker.explore.codegen import native, prepared
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.explore.store.table import hash_of
from quorate.checker.results import Outcome

from ...support.prepare import SIZES, nothing_compiled, searches

FEW = 3_000  # states


def found(widths: int) -> list[tuple[Any, ...]]:
    """The counts of searches that call what is prepared."""
    results = [r.exploration for r in searches(FEW, widths)]
    return [(e.outcome, e.states, e.transitions, e.depth, e.fired, e.words) for e in results]


@pytest.mark.parametrize("widths", [1, pytest.param(6, marks=pytest.mark.exhaustive)])
def test_searches_load_no_numba(widths: int) -> None:
    """If this fails, the search's own code has changed: run `make prepared`."""

    def stale(*_: Any, **__: Any) -> None:
        raise AssertionError("the prepared code is stale: run `make prepared`")

    compiled = MachineCode._compile
    with nothing_compiled() as patch:
        patch.setattr(native, "_jit", stale)
        patch.setattr(MachineCode, "_compile", lambda code, text, quick: compiled(code, text, True))
        counts = found(widths)
    limited, whole = [(Outcome.LIMIT, FEW)] * widths, [(Outcome.HOLDS, 8), (Outcome.HOLDS, 4)]
    assert [c[:2] for c in counts] == [*limited, *limited, *whole]
    assert [c[5] for c in counts] == [*[1, 1, 2, 3, 4, 5][:widths] * 2, 1, 1]


@pytest.mark.exhaustive  # it takes Numba half a minute
def test_it_does_what_numba_makes_anew() -> None:
    with nothing_compiled():
        prepared_code = found(len(SIZES))
    with nothing_compiled() as patch:
        patch.setattr(native, "prepared", lambda name: None)
        assert found(len(SIZES)) == prepared_code


@pytest.mark.parametrize("damage", ["missing", "damaged", "of another time", "of another LLVM"])
def test_without_it_numba_compiles(damage: str, tmp_path: Path) -> None:
    archive = tmp_path / "prepared.zip"
    if damage == "damaged":
        archive.write_bytes(b"PK and no more")
    elif damage.startswith("of"):
        known = prepared.entry("something") if damage == "of another time" else "%s"
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(known, "define nothing that LLVM knows")
    words = np.array([3, 5], np.uint64)
    with nothing_compiled() as patch:
        patch.setattr(prepared, "ARCHIVE", archive)
        if damage == "of another LLVM":
            patch.setattr(prepared, "entry", lambda name: "%s")
        prepared._texts.cache_clear()
        asked: list[str] = []
        make = native.Code.compiled
        patch.setattr(native.Code, "compiled", lambda code: asked.append(code.name) or make(code))
        with np.errstate(over="ignore"):
            assert hash_of(words, 0, 2) == int(hash_of.py_func(words, 0, 2))
        assert len(asked) == 1 and "hash_of" in asked[0]
    prepared._texts.cache_clear()
