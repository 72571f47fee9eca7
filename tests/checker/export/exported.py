"""The protocols whose modules are tested, at small sizes; and a right module with its slips."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import quorate.model
from quorate.checker.export.tla import export
from quorate.checker.export.tla.module import TlaModule
from quorate.model.lamport_mutex import LamportMutex
from quorate.model.language import Nat, Protocol, QuorumSystem
from quorate.model.mutants import MUTANTS
from quorate.model.quorum_paxos import GridPaxos, JointPaxos, WeightedPaxos

from ...support.tlc import parsed
from .awkward import Integers
from .constructs import Constructs


def protocols() -> Iterator[type[Protocol]]:
    """Every protocol that a module of the models defines, mutants included."""
    found: dict[type[Protocol], None] = {m.protocol: None for m in MUTANTS.values()}
    for info in pkgutil.iter_modules(quorate.model.__path__):
        if info.name in ("language", "mutants"):
            continue
        module = importlib.import_module(f"quorate.model.{info.name}")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if value is LamportMutex:
                continue  # a fifo network has no form in TLA+
            if own and issubclass(value, Protocol) and value.methods("action"):
                found[value] = None
    yield from found


@functools.cache
def exported(protocol: type[Protocol]) -> TlaModule:
    """A module at small sizes."""
    sorts = {n: s for n, s in protocol.sorts().items() if not issubclass(s, QuorumSystem)}
    sizes = {
        n: getattr(s, "size", None) or (1 if issubclass(s, Nat) else 3) for n, s in sorts.items()
    }
    if protocol in (GridPaxos, WeightedPaxos, JointPaxos):
        sizes["Acceptor"] = 4  # whole rows, as many as there are weights
    return export(protocol, protocol.sized(**sizes))


ALL = [*protocols(), Constructs, Integers]


RIGHT = """---- MODULE Right ----
EXTENDS Integers
CONSTANT C
VARIABLE x
Add(a, b) == a + b
Twice(a) == Add(a, a)
All == \\A a \\in C : \\E b \\in {y \\in C : y > a} : LET c == Add(a, b) IN x = Twice(c)
====
"""


SLIPS = [
    ("Twice(a) == Add(a, a)", "Twice(a) == Later(a)\nLater(a) == a", "Later is not defined above"),
    ("Add(a, a)", "Add(a)", "Add takes 2 arguments, not 1"),
    ("x = Twice(c)", "x = Twice", "Twice takes 1 arguments, not 0"),
    ("CONSTANT C", "CONSTANT C, x", "x is declared twice"),
    ("Twice(a) ==", "Twice(x) ==", "x is declared twice"),
    ("LET c ==", "LET a ==", "a is declared twice"),
    ("{y \\in C : y > a}", "{x \\in C : x > a}", "x is declared twice"),
    ("{y \\in C : y > a}", "{y \\in b : y > a}", "b is not defined above"),
    ("x = Twice(c)", "y = Twice(c)", "y is not defined above"),
    ("a + b", "Len(a)", "Len is not defined above"),
    ("EXTENDS Integers\n", "", "+ needs Naturals"),
]


def no_mistake(folder: Path, protocols: Sequence[type[Protocol]]) -> None:
    said = parsed(folder, {exported(p).name: exported(p).module for p in protocols})
    assert not re.search("error|exception|abort", said, re.IGNORECASE), said
