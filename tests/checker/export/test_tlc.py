"""TLC itself on exported modules, where it is at hand: QUORATE_TLA2TOOLS names tla2tools.jar."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from quorate.checker.cli import run

from .test_meaning import BUNDLED

JAR = os.environ.get("QUORATE_TLA2TOOLS", "")
JAVA = shutil.which("java")


@pytest.mark.skipif(not JAR, reason="QUORATE_TLA2TOOLS does not name a tla2tools.jar")
@pytest.mark.skipif(not JAVA, reason="there is no java to run TLC")
@pytest.mark.parametrize(("name", "sizes", "faults", "count"), BUNDLED, ids=[b[0] for b in BUNDLED])
def test_tlc_counts_the_same(
    name: str, sizes: dict[str, int], faults: dict[str, int], count: int, tmp_path: Path
) -> None:
    options = ["-s", ",".join(f"{k}={n}" for k, n in sizes.items())]
    options += ["-f", ",".join(f"{k}={n}" for k, n in faults.items())] if faults else []
    assert run(["export", name, *options, "-o", str(tmp_path / f"{name}.tla")]) == 0
    assert JAVA is not None
    command = [JAVA, "-XX:+UseParallelGC", "-jar", JAR, "-config", f"{name}.cfg", f"{name}.tla"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert "Model checking completed. No error has been found." in done.stdout, done.stdout
    found = re.findall(r"([\d,]+) distinct states found", done.stdout)
    assert int(found[-1].replace(",", "")) == count
