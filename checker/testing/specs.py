"""Which protocols are tests: `model/paxos.py::Paxos[3,3,2]`, `model/*.py`, `module:Class[3,3,2]`.

The numbers are the sizes of the sorts in the order in which the command prints them; names may be
given as well, and of fault budgets have to be: `[Acceptor=3,Ballot=3,Value=2,crash=1]`.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SPEC = re.compile(r"(?P<place>[^][]+?|.+\.py)(::?(?P<named>\w+))?(\[(?P<sizes>[^][]*)\])?")


@dataclass(frozen=True)
class ProtocolSpec:
    """One or, without `named`, every protocol of a file, at these sizes."""

    file: Path
    module: str
    """What `load_protocol` finds it by: the file, or a module's name."""
    named: str
    sizes: str
    """Empty for those of the project: [tool.quorate] in pyproject.toml."""


def read_specs(texts: Iterable[str], folder: Path) -> Iterator[ProtocolSpec]:
    """What is asked for; files are relative to the folder. Raises pytest.UsageError."""
    for text in texts:
        found = SPEC.fullmatch(text.strip())
        if found is None:
            said = f"quorate: `{text}` is no protocol, such as path.py::Class[3,2]"
            raise pytest.UsageError(said)
        place, named, sizes = found["place"], found["named"] or "", found["sizes"] or ""
        if place.endswith((".py", ".toml")):
            for file in _files(place, folder):
                yield ProtocolSpec(file, _short(file), named, sizes)
        else:
            module, _, bundled = _bundled(place).partition(":")
            yield ProtocolSpec(_file_of(module, text), module, named or bundled, sizes)


def _files(pattern: str, folder: Path) -> list[Path]:
    path = Path(pattern)
    here = Path(path.anchor) if path.is_absolute() else folder
    found = sorted(here.glob(str(path.relative_to(here) if path.is_absolute() else path)))
    if not found:
        raise pytest.UsageError(f"quorate: {pattern}: no such file in {folder}")
    return [file.resolve() for file in found]


def _short(file: Path) -> str:
    """As people name a file: from the folder they are in."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _bundled(name: str) -> str:
    from quorate.checker.loading import BUNDLED

    return BUNDLED.get(name, name)


def _file_of(module: str, text: str) -> Path:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        raise pytest.UsageError(
            f"quorate: {text}: no such protocol; expected path.py::Class, module:Class or the name "
            "of a bundled one"
        )
    return Path(spec.origin).resolve()
