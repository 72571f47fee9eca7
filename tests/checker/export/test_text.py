"""The text of exported modules: it parses, its names are in order, two of them read as they did.

Rewrite the golden files with QUORATE_REWRITE_GOLDEN=1, then read them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from quorate.checker.export.tla import export
from quorate.checker.export.tla.names import identifier
from quorate.checker.loading import load_protocol
from quorate.model.language import Protocol
from quorate.model.mutants import MUTANTS

from ...support.examples import FEW
from ...support.tla.scoping import mistakes
from ...support.tla.tree import parse
from ...support.tla.values import TlaError
from .awkward import Integers
from .exported import ALL, RIGHT, SLIPS, exported

GOLDEN = Path(__file__).parent / "golden"
# Each mutant has one rule that its protocol has not: every day some are read.
RARE = {m.protocol for m in MUTANTS.values() if m.code not in FEW}
EACH = [
    pytest.param(p, id=p.__name__, marks=pytest.mark.exhaustive if p in RARE else ()) for p in ALL
]


@pytest.mark.parametrize("protocol", EACH)
def test_is_a_module(protocol: type[Protocol]) -> None:
    """It parses, and every name is declared, once, above its first use, with its arity."""
    found = exported(protocol)
    assert mistakes(found.module) == []
    assert max(map(len, found.module.splitlines())) <= 100
    assert found.module.isascii() and (found.configuration or "").isascii()
    for kind in ("action", "define", "invariant", "reachable"):
        for name in protocol.methods(kind):
            assert f"\n{identifier(name)}" in found.module


@pytest.mark.parametrize("protocol", EACH)
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
