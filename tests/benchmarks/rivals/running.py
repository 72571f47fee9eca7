"""Build a rival's verifier for Paxos at given sizes, run it, and read what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .promela import promela

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Run:
    """What a verifier found, the time it took (without building it), and the memory at its peak."""

    states: int
    seconds: float
    cpu: float
    peak: int  # bytes


def compiler() -> str | None:
    """The system's C compiler; clang if there: Rumur's verifiers are three times faster with it."""
    return shutil.which("clang") or shutil.which("cc")


def rumur(sizes: tuple[int, int, int], folder: Path, threads: int = 1) -> Run | None:
    """Rumur (Murphi): breadth-first, exact. None if it isn't installed."""
    if shutil.which("rumur") is None or compiler() is None:
        return None
    text = (HERE / "paxos.m").read_text()
    for name, size in zip("ABV", sizes, strict=True):
        text = re.sub(rf"^  {name}: \d+;", f"  {name}: {size};", text, count=1, flags=re.M)
    model = folder / "paxos.m"
    model.write_text(text)
    quiet = ["--deadlock-detection", "off", "--counterexample-trace", "off"]
    _run(["rumur", *quiet, "--threads", str(threads), "--output", folder / "rumur.c", model])
    _compile(folder / "rumur.c", folder / "rumur", ["-std=c11", "-mcx16", "-lpthread"])
    return _measure([folder / "rumur"], folder, r"(\d+) states, \d+ rules fired")


def spin(sizes: tuple[int, int, int], folder: Path) -> Run | None:
    """SPIN: depth-first, exact (no hashing that loses states). None if it isn't installed."""
    if shutil.which("spin") is None or compiler() is None:
        return None
    (folder / "paxos.pml").write_text(promela(*sizes))
    _run(["spin", "-a", "paxos.pml"], folder)
    options = ["-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DMEMLIM=16000"]
    _compile(folder / "pan.c", folder / "pan", options)
    return _measure([folder / "pan", "-m10000", "-w24", "-E"], folder, r"(\d+) states, stored")


def limit(sizes: tuple[int, int, int], folder: Path) -> Run | None:
    """A C program written by hand for this one model at 3,4,2; None at other sizes."""
    if compiler() is None or sizes != (3, 4, 2):
        return None
    _compile(HERE.parent / "paxos.c", folder / "limit", [])
    return _measure([folder / "limit"], folder, r"^(\d+) ")


def _compile(source: Path, binary: Path, options: list[str]) -> None:
    cc = compiler()
    assert cc is not None
    _run([cc, "-O3", "-march=native", "-w", source, "-o", binary, *options])


def _run(command: list[str | Path], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"


def _measure(command: list[str | Path], folder: Path, pattern: str) -> Run:
    """Run a verifier; its own children are few, so that wait4's numbers are of it alone."""
    with (folder / "output").open("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    found = re.search(pattern, text)
    assert found is not None and process.returncode == 0, text[-2000:]
    return Run(int(found[1]), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
