"""The cache of compiled kernels, and that of the search driver: shared, torn, forbidden."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.checker.explore.codegen.cache import cache_directory
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.explore.search.breadth_first import explore
from quorate.model.paxos import Paxos

from ...support.kernels import borrow_driver

SIZES = {"Acceptor": 2, "Ballot": 1, "Value": 2}
SCRIPT = """
from quorate.checker.explore.search.breadth_first import explore
from quorate.model.paxos import Paxos
print(explore(Paxos, Paxos.sized(Acceptor=2, Ballot=1, Value=2)).states)
"""


def states() -> int:
    return explore(Paxos, Paxos.sized(**SIZES)).states


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("QUORATE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "quorate"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path.home() / ".cache" / "quorate"


def test_a_second_run_compiles_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states() == 13
    files = sorted(cache.iterdir())
    assert len(files) == 2  # the kernel, and the guards' coverage

    def fail(self: MachineCode, text: str, quick: bool) -> bytes:
        raise AssertionError("compiled again")

    monkeypatch.setattr(MachineCode, "_compile", fail)
    assert states() == 13
    assert sorted(cache.iterdir()) == files


@pytest.mark.parametrize("damage", [b"", b"x" * 10, b"x" * 5000, None])
def test_a_damaged_file_is_not_run(cache: Path, damage: bytes | None) -> None:
    states()
    whole = {f: f.read_bytes() for f in cache.iterdir()}
    for file, data in whole.items():
        file.write_bytes(data[:-1] if damage is None else damage)
    assert states() == 13
    assert {f: f.read_bytes() for f in cache.iterdir()} == whole  # and it is replaced


def test_one_flipped_bit_is_noticed(cache: Path) -> None:
    states()
    for file in cache.iterdir():
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(bytes(data))
    assert states() == 13


def test_no_folder_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("QUORATE_CACHE", str(blocked / "cache"))
    assert states() == 13


def test_a_full_disk_costs_time_only(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert states() == 13


def test_what_cannot_be_replaced_leaves_nothing_behind(cache: Path) -> None:
    states()
    for file in cache.iterdir():
        file.unlink()
        file.mkdir()
    before = sorted(cache.iterdir())
    assert states() == 13
    assert sorted(cache.iterdir()) == before


@pytest.mark.exhaustive  # `test_warm.py` has two processes at once every day
@pytest.mark.parametrize("driver", [True, False])
def test_two_processes_at_once(driver: bool, tmp_path: Path) -> None:
    """Their kernels, and with the search driver or without."""
    if driver:
        borrow_driver(tmp_path / "cache")
    environment = {**os.environ, "QUORATE_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", SCRIPT]
    running = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in running:
        out, err = process.communicate()
        assert (out, process.returncode) == ("13\n", 0), err
    left = [f.name for f in (tmp_path / "cache" / "kernels").iterdir()]
    assert len(left) == 2 and all(name.endswith(".o") for name in left)


@pytest.mark.exhaustive
def test_read_only_everything(tmp_path: Path) -> None:
    """The package's folder and the home cannot be written: all is compiled, nothing is kept."""
    source = Path(sys.modules[MachineCode.__module__].__file__ or "").parents[3]
    package = tmp_path / "site" / "quorate"
    for name in ("model", "checker", "traces"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree((source / name).resolve(), package / name, ignore=ignored)
    home = tmp_path / "home"
    home.mkdir()
    code = f"""
import sys, pathlib, tempfile
sys.path.insert(0, {str(tmp_path / "site")!r})
sys.dont_write_bytecode = True
import numba.core.caching as caching
def forbidden(self): raise OSError(30, "Read-only file system")
for locator in caching.CacheImpl._locator_classes:
    locator.ensure_cache_path = forbidden
import quorate.checker.explore.search.driver as driver
assert driver.__file__.startswith({str(tmp_path)!r}), driver.__file__
{SCRIPT}
"""
    environment = {**os.environ, "HOME": str(home), "QUORATE_CACHE": "/dev/null/no"}
    environment.pop("XDG_CACHE_HOME", None)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("13\n", 0), done.stderr
    assert not list(package.rglob("*.nbi"))
