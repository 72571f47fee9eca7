"""LLVM code of the search that comes with the package, so that a first run does not wait for Numba.

It is what Numba makes of the functions that most searches call (`native.py`), as text, by the name
of the function, the kinds of its arguments and the age of the sources. `make prepared` writes it
after one of these changed; until then, and on other machines than it was made for, Numba compiles.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from llvmlite import binding as llvm

from .cache import name_of

ARCHIVE = Path(__file__).with_suffix(".zip")


def entry(name: str) -> str:
    """The name of the file in the archive with the code of a function."""
    return f"{name_of(name, llvm.get_process_triple())}.ll"


def prepared(name: str) -> str | None:
    """The code of a function, if it is there and this LLVM can read what is."""
    return _texts().get(entry(name)) if unusable() is None else None


def unusable() -> str | None:
    """Why this machine cannot use what is there; None if it can."""
    text = _texts().get(next(iter(_texts()), ""))
    return "the archive with it is missing or damaged" if text is None else _foreign(text)


@cache
def _foreign(text: str) -> str | None:
    """Why this machine cannot use a text, one of those written by one LLVM for one machine."""
    if f'target triple = "{llvm.get_process_triple()}"' not in text:
        return "it is for another kind of machine"
    try:
        llvm.parse_assembly(text).close()
    except RuntimeError:
        return "this LLVM is older than the one that it was made with"
    return None


class _Texts(Mapping[str, str]):
    """What is in the archive, by the names of the files."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive, self._names = archive, archive.namelist()

    def __getitem__(self, name: str) -> str:
        try:
            return self._archive.read(name).decode()
        except (OSError, zipfile.BadZipFile):
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@cache
def _texts() -> Mapping[str, str]:
    try:
        return _Texts(zipfile.ZipFile(ARCHIVE))
    except (OSError, zipfile.BadZipFile):
        return {}
