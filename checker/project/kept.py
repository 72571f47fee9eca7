"""Verdicts that are kept between runs, under a name that stands for all that they depend on.

A verdict is taken from the cache only if the meaning of the protocol is the same (its core IR, with
the properties of runs and fairness), and the text of its file and of every file that it imports;
the sizes, and what was asked; Quorate itself, Python, and the libraries that decide something. Only
what was decided is kept: a limit may end elsewhere on another machine. Of what runs in other
processes, such as an implementation, nobody knows what it depends on, so that is never kept.
"""

from __future__ import annotations

import ast
import hashlib
import pickle
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from quorate.checker.deciding import PARTS, ROOT, deciding, quorate
from quorate.checker.explore.codegen import cache
from quorate.model.language import Protocol
from quorate.model.language.description import describe
from quorate.model.language.digest import digest, stable_text


def meaning(protocol: type[Protocol]) -> str:
    """A hash of what a protocol means, with its properties of runs and what is fair."""
    described = describe(protocol)
    fair = [(a.name, a.fair, a.fair_for) for a in described.actions]
    return hashed(digest(described), stable_text((described.temporal, fair)))


def hashed(*parts: str) -> str:
    """A short hash of these texts."""
    return cache.name_of(*parts)[:16]


def key_of(protocol: type[Protocol], name: str, *asked: object) -> str:
    """The name of a verdict; `name` is how the protocol was found, which its traces tell again."""
    parts = (*deciding(), *depends(protocol), name, *map(repr, asked))
    return cache.name_of("verdict", quorate(), *parts)


def depends(protocol: type[Protocol]) -> tuple[str, ...]:
    """All of a user's that a protocol depends on: its meaning, and its files."""
    return (meaning(protocol), *(f"{file}\0{content}" for file, content in sources(protocol)))


def load(key: str) -> Any:
    """What is kept under a key; None if nothing is."""
    found = cache.kept(f"verdict-{key}")
    return None if found is None else pickle.loads(found)


def save(key: str, value: Any) -> None:
    """Keep a value, if that is possible."""
    cache.keep(f"verdict-{key}", pickle.dumps(value))


# ---------------------------------------------------------------- files


def sources(protocol: type[Protocol]) -> list[tuple[str, str]]:
    """The files of a protocol, of all that it inherits, and of what they import; their contents.

    Those of installed packages are left out: what they give the protocol is in its meaning.
    """
    pending = [sys.modules[base.__module__] for base in protocol.__mro__]
    found: dict[str, str] = {}
    while pending:
        module = pending.pop()
        file = getattr(module, "__file__", None)
        if file is None or file in found or _installed(Path(file)):
            continue
        content = Path(file).read_bytes()
        found[file] = hashlib.sha256(content).hexdigest()
        pending += imported(module, content)
    return sorted(found.items())


def _installed(file: Path) -> bool:
    """Whether a file is of Quorate, of Python, or of a package that was installed."""
    known = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders = [*(ROOT / part for part in PARTS), *map(Path, filter(None, known))]
    path = file.resolve()
    return file.suffix != ".py" or any(path.is_relative_to(folder.resolve()) for folder in folders)


def imported(module: ModuleType, content: bytes) -> Iterator[ModuleType]:
    """The modules that a module's source imports, anywhere in it, and that are loaded."""
    package = getattr(module, "__package__", None) or ""
    for node in ast.walk(ast.parse(content)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                if (loaded := sys.modules.get(".".join(parts[:depth]))) is not None:
                    yield loaded
