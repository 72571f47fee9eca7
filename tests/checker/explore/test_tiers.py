"""Code compiled quickly and code compiled well: the same results; which of them runs, and when."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from quorate.checker.explore import kernel
from quorate.checker.explore.codegen import machine_code, native
from quorate.checker.explore.codegen.machine_code import MachineCode, Tier
from quorate.checker.explore.search import in_memory, storage
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.store.table import hash_of
from quorate.model.language import ModelError, Protocol, SizeError, Sizes
from quorate.model.language.description import describe
from quorate.model.paxos import Paxos

from ...support.bounds import SMALL, Bound, every_day
from ...support.examples import share
from ...support.prepare import nothing_compiled
from ...support.searching import explorer
from ...support.strategies import Source, loaded, sized, sources

TEXT = "define i64 @seven() { ret i64 7 }"
WAYS: list[dict[str, Any]] = [{}, {"symmetry": True}, {"por": True}]


def seven(code: MachineCode) -> int:
    """What the function gives, at the address that the code has now."""
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("seven"))())


def test_code_is_improved_once(cache: Path) -> None:
    code = MachineCode(TEXT, improves=True)
    first = code.address("seven")
    assert len(list(cache.iterdir())) == 1
    code.improve()
    assert code.address("seven") != first and len(list(cache.iterdir())) == 2
    code.improve()
    assert len(code._engines) == 2
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(first)() == seven(code) == 7


def test_a_later_start_has_the_best_code_that_was_made(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    MachineCode(TEXT, improves=True)
    compiled: list[bool] = []
    made = MachineCode._compile

    def compile(code: MachineCode, text: str, quick: bool) -> bytes:
        compiled.append(quick)
        return made(code, text, quick)

    monkeypatch.setattr(MachineCode, "_compile", compile)
    again = MachineCode(TEXT, improves=True)
    assert compiled == [] and again.tier is Tier.QUICK
    again.improve()
    assert compiled == [False]
    best = MachineCode(TEXT, improves=True)
    best.improve()
    assert compiled == [False] and best.tier is Tier.WELL and seven(best) == 7


def test_what_is_made_at_first_is_replaced_in_two_steps(cache: Path) -> None:
    eight = TEXT.replace("7", "8")
    code = MachineCode(TEXT, improves=True, first=lambda: eight)
    assert (code.tier, seven(code)) == (Tier.FIRST, 8)
    for tier in (Tier.QUICK, Tier.WELL):
        assert code.improve(tier) and not code.improve(tier)
        assert (code.tier, seven(code)) == (tier, 7)
        again = MachineCode(TEXT, improves=True, first=lambda: eight)
        assert (again.tier, seven(again)) == (tier, 7)


def test_very_much_code_is_never_compiled_well(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_code, "LARGE", 10)
    code = MachineCode(TEXT, improves=True)
    code.improve()
    again = MachineCode(TEXT, improves=True)
    again.improve()
    assert len(list(cache.iterdir())) == len(code._engines) == len(again._engines) == 1


def test_code_for_large_arrays_is_compiled_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "MANY", 8)
    with nothing_compiled():
        for many, tier in ((7, Tier.QUICK), (8, Tier.WELL), (7, Tier.WELL)):
            marks = np.zeros(many, np.uint64)
            assert hash_of(marks, 0, 2) == hash_of(marks[:2], 0, 2)
            (code,) = hash_of._code.values()
            assert code._code.tier is tier


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how many there are")

CROWDED = """
import ctypes

from quorate.checker.explore.codegen import machine_code

code = machine_code.MachineCode("define i64 @one() {{ ret i64 1 }}", quick=True)
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
most = int(open("/proc/sys/vm/max_map_count").read())
pages = libc.mmap(None, 4096 * 2 * most, 0, 0x22, -1, 0)
more = most - open("/proc/self/maps").read().count("\\n") - {left}
for k in range(more // 2):  # every other page can be read: each is a mapping of its own
    libc.mprotect(pages + 8192 * k, 4096, 1)
held = []
try:
    for k in range(100):
        text = f"define i64 @f() {{{{ ret i64 {{k}} }}}}"
        held.append(machine_code.MachineCode(text, quick=True))
        assert ctypes.CFUNCTYPE(ctypes.c_int64)(held[-1].address("f"))() == k
except MemoryError as error:
    print(error)
"""


@LINUX
def test_without_room_for_code(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(machine_code, "MAPPINGS", 1 << 40)
    with pytest.raises(MemoryError, match=r"no room .*: this process has \d+ mappings"):
        MachineCode("define i64 @one() { ret i64 1 }", quick=True)


@LINUX
@pytest.mark.exhaustive
@pytest.mark.parametrize("left", [24, 25])
def test_a_process_that_may_map_no_more(left: int) -> None:
    """Code that the system does not let become executable crashes when it is called."""
    program = [sys.executable, "-X", "faulthandler", "-c", CROWDED.format(left=left)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "no room for compiled code" in done.stdout


def test_passes_are_for_what_is_compiled_well_and_not_optimised_before(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = []
    optimise = machine_code._optimise

    def counted(module: Any, target: Any) -> None:
        optimise(module, target)
        passed.append("%x" in str(module))

    monkeypatch.setattr(machine_code, "_optimise", counted)
    text = TEXT.replace("ret i64 7", "%x = add i64 3, 4 ret i64 %x")
    for how in ({}, {"quick": True}, {"optimised": True}):
        assert seven(MachineCode(text, **how)) == 7
    assert passed == [False]


# ---------------------------------------------------------------- searches


def agree(protocol: type[Protocol], sizes: Sizes, **options: Any) -> None:
    """Assert that searches with any of the codes find the same, in the same order."""
    found = []
    for tier in Tier:
        search = explorer(protocol, sizes, limit=2000, **options)
        with sizes:
            module = search.kernel._module(first=tier is Tier.FIRST)
            search.kernel.code = MachineCode(module, quick=tier is not Tier.WELL)
        result = replace(search.run(), seconds=0.0)
        found.append((result, search.store.states[: result.states * result.words].tolist()))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("options", WAYS, ids=["plain", "symmetry", "por"])
@pytest.mark.parametrize("bound", every_day(SMALL, "Paxos-2-2-1"))
def test_bundled(bound: Bound, options: dict[str, Any]) -> None:
    protocol, sizes, faults = bound
    agree(protocol, protocol.sized(faults, **sizes), **options)


@given(sources())
@share(8)
def test_generated(source: Source) -> None:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
            Explorer(protocol, sizes)
        except (ModelError, SizeError):
            return
        agree(protocol, sizes)


@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.exhaustive), 2])
def test_code_may_change_during_a_search(
    threads: int, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    monkeypatch.setattr(storage, "SLICE", 500)
    monkeypatch.setattr(in_memory, "CROWD", 1)
    found, addresses = [], []
    for many in (4_000, 1_200):
        monkeypatch.setattr(kernel, "MANY", many)
        search, called = explorer(Paxos, sizes, threads=threads), set[int]()

        def then(progress: Any, s: Explorer = search, called: set[int] = called) -> None:
            called.add(s.kernel.successors())

        found.append(replace(search.run(then), seconds=0.0))
        addresses.append(len(called))
    assert found[0] == found[1] and addresses == [1, 2]
