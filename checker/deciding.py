"""What every verdict depends on, besides what was asked: Quorate itself, Python, and libraries."""

from __future__ import annotations

import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DECIDING = ("quorate", "z3-solver", "llvmlite", "numba", "numpy", "python-sat", "networkx")
ROOT = Path(__file__).resolve().parents[1]
"""The folder of the parts of Quorate, whose code is hashed as a whole."""
PARTS = ("checker", "model", "traces")


@lru_cache(maxsize=1)
def quorate() -> str:
    """A hash of Quorate's own code: its version alone says little while it is developed."""
    found = hashlib.sha256()
    for folder in (ROOT.glob("*.py"), *((ROOT / part).rglob("*.py") for part in PARTS)):
        for path in sorted(folder):
            found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


@lru_cache(maxsize=1)
def deciding() -> tuple[str, ...]:
    """The versions of Python and of the libraries that take part in a verdict."""
    return (platform.python_version(), *map(_version, DECIDING))


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} missing"
