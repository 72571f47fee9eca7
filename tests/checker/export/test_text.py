"""The text of exported modules: it parses, its names are in order, two of them read as they did.

Rewrite the golden files with QUORATE_REWRITE_GOLDEN=1, then read them.
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import quorate.model
from quorate.checker.export.tla import export
from quorate.checker.export.tla.module import TlaModule
from quorate.checker.export.tla.names import identifier
from quorate.checker.loading import load_protocol
from quorate.model.language import Nat, Protocol, QuorumSystem
from quorate.model.mutants import MUTANTS
from quorate.model.quorum_paxos import GridPaxos, JointPaxos, WeightedPaxos

from ...support.tla.scoping import mistakes
from ...support.tla.tree import parse
from ...support.tla.values import TlaError
from .awkward import Integers
from .constructs import Constructs

GOLDEN = Path(__file__).parent / "golden"


def protocols() -> Iterator[type[Protocol]]:
    """Every protocol that a module of the models defines, mutants included."""
    found: dict[type[Protocol], None] = {m.protocol: None for m in MUTANTS.values()}
    for info in pkgutil.iter_modules(quorate.model.__path__):
        if info.name in ("language", "mutants"):
            continue
        module = importlib.import_module(f"quorate.model.{info.name}")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, Protocol) and value.methods("action"):
                found[value] = None
    yield from found


@functools.cache
def exported(protocol: type[Protocol]) -> TlaModule:
    """A module at small sizes."""
    sorts = {n: s for n, s in protocol.sorts().items() if not issubclass(s, QuorumSystem)}
    sizes = {
        n: 1 if issubclass(s, Nat) else getattr(s, "size", None) or 3 for n, s in sorts.items()
    }
    if protocol in (GridPaxos, WeightedPaxos, JointPaxos):
        sizes["Acceptor"] = 4  # whole rows, as many as there are weights
    return export(protocol, protocol.sized(**sizes))


ALL = [*protocols(), Constructs, Integers]


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.__name__)
def test_is_a_module(protocol: type[Protocol]) -> None:
    """It parses, and every name is declared, once, above its first use, with its arity."""
    found = exported(protocol)
    assert mistakes(found.module) == []
    assert max(map(len, found.module.splitlines())) <= 100
    assert found.module.isascii() and (found.configuration or "").isascii()
    for kind in ("action", "define", "invariant", "reachable"):
        for name in protocol.methods(kind):
            assert f"\n{identifier(name)}" in found.module


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.__name__)
def test_the_configuration_names_what_the_module_has(protocol: type[Protocol]) -> None:
    """Each constant of the module has one value; each invariant is defined; no keyword is taken."""
    found = exported(protocol)
    assert found.configuration is not None
    text = re.sub(r"\\\*.*", "", found.configuration)
    (root,) = [n for n in parse(found.module).parts if n.type == "module"]
    declared = [c.text for n in root.parts if n.type == "constant_declaration" for c in n.parts]
    defined = {n.parts[0].text for n in root.parts if n.type == "operator_definition"}
    given = re.findall(r"^  (\w+) = ", text, re.MULTILINE)
    checked = re.findall(r"^  (\w+)$", text, re.MULTILINE)
    assert sorted(given) == sorted(declared)
    assert set(checked) <= defined and len(checked) == len(set(checked))
    assert len(checked) >= 1 + len(protocol.methods("invariant"))
    assert not SECTIONS & {*given, *checked}


# What begins a section of a configuration for TLC.
SECTIONS = {
    "CONSTANT", "CONSTANTS", "INIT", "NEXT", "SPECIFICATION", "INVARIANT", "INVARIANTS", "PROPERTY",
    "PROPERTIES", "CONSTRAINT", "CONSTRAINTS", "ACTION_CONSTRAINT", "ACTION_CONSTRAINTS", "VIEW",
    "SYMMETRY", "ALIAS", "POSTCONDITION", "CHECK_DEADLOCK",
}  # fmt: skip


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


@pytest.mark.parametrize(("right", "wrong", "said"), SLIPS)
def test_mistakes_that_no_grammar_sees(right: str, wrong: str, said: str) -> None:
    assert mistakes(RIGHT) == []
    assert said in mistakes(RIGHT.replace(right, wrong))


def test_sequences_are_asked_not_listed() -> None:
    """TLC walks through a set of sequences only where something ranges over it."""
    asked = "BoundedSeq(S, n) == {s \\in Seq(S) : Len(s) <= n}\n"
    assert asked in exported(load_protocol("Raft")).module
    assert (
        "  /\\ log \\in [Server -> BoundedSeq(Entry, MaxIndex)]"
        in exported(load_protocol("Raft")).module
    )
    assert "BoundedSeq(S, n) == UNION {[1..k -> S] : k \\in 0..n}" in exported(Integers).module


def test_a_module_is_not_called_as_one_of_the_library() -> None:
    assert exported(Integers).name == "Integers_"


def test_the_parser_sees_mistakes() -> None:
    text = export(load_protocol("Paxos"), None).module
    with pytest.raises(TlaError, match="line"):
        parse(text.replace("max_bal[a] < b", "max_bal[a] < "))


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("Paxos", {"Acceptor": 3, "Ballot": 2, "Value": 2}),
        ("TwoPhaseCommit", {"Coordinator": 1, "Participant": 2}),
    ],
)
def test_golden(name: str, sizes: dict[str, int]) -> None:
    protocol = load_protocol(name)
    found = export(protocol, protocol.sized(**sizes))
    for ending, text in ((".tla", found.module), (".cfg", found.configuration)):
        path = GOLDEN / f"{name}{ending}"
        if os.environ.get("QUORATE_REWRITE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text or "", encoding="ascii")
        assert text == path.read_text(encoding="ascii")
