"""LLVM code of the search that comes with the package, so that a first run does not wait for Numba.

It is what Numba makes of the functions that most searches call (`native.py`), as text, by the name
of the function, the kinds of its arguments and the age of the sources. `make prepared` writes it
after one of these changed; until then, and on other machines than it was made for, Numba compiles.
"""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path

from llvmlite import binding as llvm

from .cache import name_of

ARCHIVE = Path(__file__).with_suffix(".zip")


def entry(name: str) -> str:
    """The name of the file in the archive with the code of a function."""
    return f"{name_of(name, llvm.get_process_triple())}.ll"


def prepared(name: str) -> str | None:
    """The code of a function, if it is there and this LLVM can read it."""
    text = _texts().get(entry(name))
    try:
        if text is not None:
            llvm.parse_assembly(text).close()
    except RuntimeError:  # this LLVM is older
        return None
    return text


def unusable() -> str | None:
    """Why this machine cannot use what is there; None if it can."""
    text = next(iter(_texts().values()), None)
    if text is None:
        return "the archive with it is missing or damaged"
    if f'target triple = "{llvm.get_process_triple()}"' not in text:
        return "it is for another kind of machine"
    try:
        llvm.parse_assembly(text).close()
    except RuntimeError:
        return "this LLVM is older than the one that it was made with"
    return None


@cache
def _texts() -> dict[str, str]:
    try:
        with zipfile.ZipFile(ARCHIVE) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return {}
