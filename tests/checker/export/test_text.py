"""The text of exported modules: it parses, and two of them read as they did.

Rewrite the golden files with QUORATE_REWRITE_GOLDEN=1, then read them.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import quorate.model
from quorate.checker.export import export
from quorate.checker.load import load_protocol
from quorate.model.language import Nat, Protocol, QuorumSystem
from quorate.model.mutants import MUTANTS
from quorate.model.quorum_paxos import GridPaxos, JointPaxos, WeightedPaxos

from .tree import parse
from .values import TlaError

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


@pytest.mark.parametrize("protocol", list(protocols()), ids=lambda p: p.__name__)
def test_parses(protocol: type[Protocol]) -> None:
    sorts = {n: s for n, s in protocol.sorts().items() if not issubclass(s, QuorumSystem)}
    sizes = {
        n: 1 if issubclass(s, Nat) else getattr(s, "size", None) or 3 for n, s in sorts.items()
    }
    if protocol in (GridPaxos, WeightedPaxos, JointPaxos):
        sizes["Acceptor"] = 4  # whole rows, as many as there are weights
    found = export(protocol, protocol.sized(**sizes))
    parse(found.module)
    assert max(map(len, found.module.splitlines())) <= 100
    assert found.module.isascii()
    for kind in ("action", "define", "invariant", "reachable"):
        for name in protocol.methods(kind):
            assert f"\n{name}" in found.module


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
