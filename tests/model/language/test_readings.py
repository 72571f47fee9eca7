"""The table of the documentation that says which reading takes which construct."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quorate.checker.errors import InputError
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.export.tla import export
from quorate.checker.prove.bounded import bounded, inductive
from quorate.checker.prove.unbounded import prove_unbounded
from quorate.checker.results import Outcome
from quorate.model import language
from quorate.model.language import Protocol

from ...support.searching import explorer
from ...support.strategies import Source, loaded

README = Path(language.__file__).with_name("README.md")
HEAD = """
import enum
from quorate.model.language import *

class Node(Sort, named="root", process=True): ...
class Place(Ring): ...
class Num(Nat): ...
class Time(Nat): ...
class Drift(Nat): ...
class Delta(Int, low=-2, high=2): ...
class Length(Nat): ...
class Mode(enum.Enum):
    ON = 1
    OFF = 2
class Tag(Record, order=True):
    n: Num
    d: Delta
class Ask(Message):
    src: Node
    dst: Node
class Tell(Message):
    src: Node
    dst: Node
class Put(Message, link=("src", "dst")):
    src: Node
    dst: Node

class Proto(Protocol):
"""
VARIABLES = """
    n: Map[Node, Num] = durable(0)
    d: Map[Node, Delta] = durable(0)
    w: Node | None = durable(None)
    last: Node | None = durable(None)
    spot: Place = durable(Place(0))
    edge: Const[Map[Node, Node, bool]] = durable(True)
    edges: Map[Node, Node, bool] = durable(False)
    u: Map[Node, Node | Mode] = durable(Mode.ON)
    p: Map[Node, tuple[Num, bool]] = durable((0, True))
    t: Map[Node, Tag] = durable(Tag(0, 0))
    s: Set[Node] = durable(frozenset())
    views: Set[Set[Node]] = durable(frozenset())
    q: Seq[Node, Length] = durable(())
    lost: Map[Node, bool] = volatile(False)
    clock: Map[Node, Time] = clocks(drift=Drift)
    sent: Messages[Ask]
    fly: Messages[Tell] = at_most_once()
    line: Messages[Put] = fifo(Length)
"""
TICK = """
    @action
    def tick(self, c: Node) -> None:
        require(self.w is None)
        self.w = c
"""
ROW = re.compile(r"\| (.+?) \| `(.+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = ROW.findall(README.read_text().partition("## What reads what")[2].partition("\n## ")[0])
NAMES = [row[0] for row in ROWS]


def source(body: str) -> Source:
    """The protocol that takes this action, with the variables that it mentions."""
    lines = body.replace("\\|", "|").split("; ")
    parts = [TICK] if "self.tick" in body else []
    parts += ["    @action\n    def go(self, a: Node, b: Node) -> None:\n"]
    parts += [f"        {line}\n" for line in (*lines, "self.last = a")]
    parts += ["    @invariant\n    def fine(self) -> bool:\n        return True\n"]
    text = "".join(parts)
    used = [v for v in VARIABLES.splitlines() if re.search(rf"self\.{v[4:].split(':')[0]}\b", text)]
    return Source("\n".join([HEAD, *used, text]), {}, {})


def without_form(protocol: type[Protocol]) -> str:
    """What has no form in TLA+, or "yes"."""
    try:
        export(protocol, None)
    except InputError as error:
        return str(error)
    return "yes"


@pytest.mark.parametrize(("what", "body", "proofs", "tla"), ROWS, ids=NAMES)
def test_the_table_says_what_is_read(what: str, body: str, proofs: str, tla: str) -> None:
    with loaded(source(body)) as protocol:
        found = prove_unbounded(protocol, refute=False, effort=0.01)
        assert proofs in (said := found.unsupported or "yes"), said
        assert tla in (said := without_form(protocol)), said


def agree(body: str) -> None:
    """Check that everything that reads the whole language finds the same states."""
    with loaded(source(body)) as protocol:
        small = {"Node": 2, "Place": 2}
        sizes = protocol.sized(**{s: small.get(s, 1) for s in protocol.sorts()})
        oracle, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
        assert oracle.outcome is found.outcome
        runs = bounded(protocol, sizes, oracle.depth + 1)
        if oracle.outcome is not Outcome.HOLDS:  # both say so of the same number of steps
            assert runs.undefined is not None and runs.depth == oracle.depth == found.depth
            return
        assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
        assert explorer(protocol, sizes, symmetry=True).run().full_states == oracle.states
        assert runs.undefined is None and runs.violated is None
        assert inductive(protocol, sizes).obligations


def test_other_readings_take_a_row() -> None:
    assert len(ROWS) >= 20
    agree(ROWS[0][1])


@pytest.mark.exhaustive
@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_other_readings_take_each_row(row: tuple[str, ...]) -> None:
    agree(row[1])
