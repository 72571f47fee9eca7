"""How measurements are printed: as sections of RESULTS.md, with the date and the machine."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def section(title: str, lines: Sequence[str]) -> None:
    """Print one section of RESULTS.md."""
    text = "\n".join(lines)
    head = f"{time.strftime('%Y-%m-%d')}, {machine()}."
    sys.stdout.write(f"\n## {title}\n\n{head}\n\n```text\n{text}\n```\n")


def machine() -> str:
    """The number of cores, the processor and the version of Python."""
    return f"{os.cpu_count()} cores of {_processor()}, Python {platform.python_version()}"


def _processor() -> str:
    """The processor's name, where Linux tells it."""
    try:
        told = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        told = None
    return told[1] if told else platform.machine()
