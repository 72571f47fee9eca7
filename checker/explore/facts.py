"""What was found out about a protocol, kept on disk next to the compiled kernels.

Written in one step, with a checksum: a file that is torn, damaged or not there is no answer, and
where nothing can be written nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from .machine import cache_directory


def place(kind: str, *parts: str) -> Path:
    """Where a fact of a kind is kept, given all that it depends on."""
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    return cache_directory() / kind / f"{name}.json"


def sources(*files: str | None) -> str:
    """The text of modules that find a fact: what an earlier version of them found is not known."""
    return "\n".join(Path(file).read_text(encoding="utf-8") for file in files if file)


def remembered(path: Path) -> Any:
    """What is kept there: made of lists, dictionaries, strings, numbers; None if nothing is."""
    try:
        checksum, _, text = path.read_text(encoding="utf-8").partition("\n")
        return json.loads(text) if checksum == _checksum(text) else None
    except (OSError, ValueError):
        return None


def remember(path: Path, fact: Any) -> None:
    """Keep it; concurrent runs never see half a file, and a full disk only costs time."""
    text = json.dumps(fact)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{_checksum(text)}\n{text}")
        Path(name).replace(path)
    except OSError:
        return


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
