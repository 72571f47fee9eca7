"""The cache between runs: files in the user's cache folder, named by a hash of what they depend on.

A file that is incomplete, damaged or foreign counts as absent. Files are replaced atomically, so
that concurrent runs see a whole file or none. If nothing can be written, nothing is cached.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from io import FileIO
from pathlib import Path

# What reads a description and makes a kernel of it, and what a search calls.
_PACKAGES = ("checker/ground", "checker/smt", "checker/explore", "checker/prove", "model/language")


def cache_directory() -> Path:
    """The folder of the cache: $QUORATE_CACHE, else the user's cache folder."""
    given = os.environ.get("QUORATE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(given) if given else Path(base) / "quorate"


def kept(name: str) -> bytes | None:
    """The contents cached under a name, if they are intact."""
    try:
        data = (cache_directory() / name).read_bytes()
    except OSError:
        return None
    content, checksum = data[:-32], data[-32:]
    return content if hashlib.sha256(content).digest() == checksum else None


def keep(name: str, content: bytes) -> None:
    """Cache contents under a name, if possible."""
    path = cache_directory() / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content + hashlib.sha256(content).digest())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)


def name_of(*parts: str) -> str:
    """A name that stands for these texts."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:32]


def _read_sources() -> str:
    root, digest = Path(__file__).resolve().parents[3], hashlib.sha256()
    for package in _PACKAGES:
        for folder, folders, files in os.walk(root / package):
            folders.sort()
            for name in sorted(files):
                if name.endswith(".py"):
                    with FileIO(f"{folder}/{name}") as file:
                        digest.update(file.read())
    return digest.hexdigest()


# What the running code is, where a name says what something was made of.
SOURCES = _read_sources()


def unchanged() -> bool:
    """Whether that is still what the files say: else some of what runs may be newer."""
    return _read_sources() == SOURCES
