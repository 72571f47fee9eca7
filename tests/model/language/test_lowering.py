"""From source to core IR: nothing of the surface is left, types agree, digests tell apart."""

from __future__ import annotations

import enum
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from quorate.model.language import Protocol
from quorate.model.language.declare.types import (
    MapType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.description import describe
from quorate.model.language.digest import digest
from quorate.model.language.ir import core
from quorate.model.language.ir.relations import fits
from quorate.model.language.ir.traverse import walk
from quorate.model.paxos import Paxos

from ...support.loading import load_protocol
from . import toys
from .nodes import nodes

ALL = [*toys.TOYS, Paxos]


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.__name__)
def test_nothing_of_the_surface_is_left(protocol: type[Protocol]) -> None:
    modules = {type(node).__module__.rpartition(".")[2] for node in nodes(protocol)}
    assert not modules & {"surface", "relations"}


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.__name__)
def test_every_expression_has_a_place(protocol: type[Protocol]) -> None:
    for node in nodes(protocol):
        if isinstance(node, core.Expr) and node != core.Lit(value=True, type=core.BOOL):
            initial = isinstance(node, core.Lit)  # what a crash resets a cell to
            assert node.span.line > 0 or initial, node


def same(found: Type, wanted: Type) -> bool:
    """Equal but for the ranges of numbers."""
    match found, wanted:
        case (NatType(), NatType()):
            return True
        case (SeqType(one, _), SeqType(other, _)):
            return same(one, other)
        case (MapType(keys, one), MapType(others, other)):
            return keys == others and same(one, other)
        case (OptionType(one), OptionType(other)):
            return same(one, other)
    return found == wanted


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: p.__name__)
def test_types_agree(protocol: type[Protocol]) -> None:
    d = describe(protocol)
    for node in nodes(protocol):
        match node:
            case core.Write(variable=name, keys=keys, value=value):
                t = d.variable(name).type
                if isinstance(t, MapType):
                    assert [same(k.type, kt) for k, kt in zip(keys, t.keys, strict=True)]
                assert same(value.type, t.value if isinstance(t, MapType) else t)
            case core.Eq(left=left, right=right):
                sets = (SetType, QuorumType)
                both = isinstance(left.type, sets) and isinstance(right.type, sets)
                assert both or same(left.type, right.type)
            case core.MakeRecord(record=record, args=args):
                for arg, t in zip(args, record.field_types().values(), strict=True):
                    assert same(arg.type, t)
            case core.Ite(then=then, orelse=orelse, type=t):
                assert same(then.type, t)
                assert same(orelse.type, t)
            case core.Field(of=of, name=name):
                record = of.type.inner if isinstance(of.type, OptionType) else of.type
                assert isinstance(record, RecordType)
                assert name in record.fields
            case core.Some(of=of, type=t):
                assert isinstance(t, OptionType)
                assert fits(of.type, t.inner)
            case core.Unwrap(of=of, type=t):
                assert isinstance(of.type, OptionType) and same(of.type.inner, t)
            case core.Guard(condition=condition) | core.Property(body=condition):
                assert condition.type == core.BOOL


def test_what_a_helper_lists_is_counted_and_gone_through() -> None:
    by_name = {p.name: p.body for p in describe(toys.Careful).invariants}
    counted = [n for n in walk(by_name["at_most_one"]) if isinstance(n, core.Count)]
    assert isinstance(counted[0].binders[0].domain, core.OverSent)
    known = by_name["known"]
    assert isinstance(known, core.Quant)
    assert [type(b.domain) for b in known.binders] == [core.OverType, core.OverSent]


def test_an_override_keeps_the_guards_of_both() -> None:
    vote = describe(toys.Careful).action("vote")
    assert [type(e) for e in vote.effects] == [core.Send]
    assert [g.text for g in vote.guards] == ["not self.votes_of(n)"]


def test_a_crash_writes_every_volatile_cell() -> None:
    fail = describe(toys.Crashes).action("fail")
    assert fail.fault == "crash"
    assert [e.variable for e in fail.effects if isinstance(e, core.Write)] == ["current", "heard"]
    assert [len(e.binders) for e in fail.effects] == [0, 1]


def test_a_message_parameter_is_bound_to_what_was_sent() -> None:
    (m, i) = describe(toys.Maps).action("restore").parameters
    assert m.domain == core.OverSent(variable="sent", record=toys.Snapshot)
    assert isinstance(i.domain, core.OverType)


def test_a_quorum_as_a_set_is_converted() -> None:
    (write,) = describe(toys.Sets).action("choose").effects
    assert isinstance(write, core.Write)
    assert isinstance(write.value.type, SetType)


# ---------------------------------------------------------------- digests

MODEL = """
import enum

from quorate.model.language import (
    Flexible, Majority, Map, Message, Messages, Nat, Ordered, Protocol, Record, Sort, Weighted,
    action, define, durable, init, invariant, require, volatile,
)


class Acceptor(Sort): ...
class Value(Sort): ...
class Ballot(Ordered, bottom="never"): ...
class Count(Nat): ...
class Role(enum.Enum):
    idle = 1
    busy = 2
class Quorum(Majority[Acceptor]): ...
class Phase2(Flexible[Acceptor], size=lambda n: n // 2, meets=Quorum): ...
class Heavy(Weighted[Acceptor], weights=(2, 1, 1)): ...
class Vote(Message, key="a"):
    a: Acceptor
    b: Ballot


class Model(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    role: Map[Acceptor, Role] = durable(Role.idle)
    count: Count = durable(0)
    value: Value | None = durable(None)
    sent: Messages[Vote]

    @define
    def behind(self, a: Acceptor, b: Ballot) -> bool:
        return self.max_bal[a] < b

    @action
    def vote(self, a: Acceptor, b: Ballot, q: Quorum, r: Phase2, h: Heavy) -> None:
        require(self.behind(a, b))
        require(a in q and a in r and a in h)
        self.max_bal[a] = b
        self.sent.add(Vote(a, b))

    @invariant
    def bounded(self) -> bool:
        return all(m.b <= self.max_bal[m.a] for m in self.sent[Vote])
"""

SAME = {
    "a comment": ("    @invariant", "    # Nobody votes above its ballot.\n    @invariant"),
    "other lines": ("\n\nclass Model", "\n\n\n\n\nclass Model"),
    "a docstring": ("bounded(self) -> bool:", 'bounded(self) -> bool:\n        """Yes."""'),
    "a layout": ("require(self.behind(a, b))", "require(\n            self.behind(a, b))"),
    "a size function in other words": ("lambda n: n // 2", "lambda k: (k - k % 2) // 2"),
}
DIFFERENT = {
    "a guard": ("self.max_bal[a] < b", "self.max_bal[a] <= b"),
    "a guard less": ("        require(self.behind(a, b))\n", ""),
    "an effect": ("self.max_bal[a] = b", "self.max_bal[a] = max(b, self.max_bal[a])"),
    "an effect less": ("        self.max_bal[a] = b\n", ""),
    "a property": ("m.b <= self.max_bal", "m.b < self.max_bal"),
    "a first value": ("durable(Role.idle)", "durable(Role.busy)"),
    "a first number": ("durable(0)", "durable(1)"),
    "a volatile variable": ("= durable(Ballot.never)", "= volatile(Ballot.never)"),
    "a quorum system": ("Quorum(Majority[Acceptor])", "Quorum(Flexible[Acceptor], size=2)"),
    "a size function": ("lambda n: n // 2", "lambda n: n // 2 + 1"),
    "what a system meets": ("size=lambda n: n // 2, meets=Quorum", "size=lambda n: n // 2"),
    "weights": ("(2, 1, 1)", "(3, 1, 1)"),
    "a sort's letter": ('bottom="never")', 'bottom="never", short="x")'),
    "a sort's order": ("Value(Sort)", "Value(Ordered)"),
    "a message's key": ('Vote(Message, key="a")', 'Vote(Message, key=("a", "b"))'),
    "an enum": ("    busy = 2\n", "    busy = 2\n    gone = 3\n"),
    "a fault": ("    @action\n", '    @action(fault="loss")\n'),
}


def model(path: Path, old: str = "", new: str = "") -> type[Protocol]:
    assert not old or old in MODEL
    path.write_text(MODEL.replace(old, new, 1) if old else MODEL)
    return load_protocol(path)


@pytest.mark.parametrize("change", SAME)
def test_a_digest_does_not_see(change: str, tmp_path: Path) -> None:
    plain = digest(describe(model(tmp_path / "plain.py")))
    assert digest(describe(model(tmp_path / "changed.py", *SAME[change]))) == plain


@pytest.mark.parametrize("change", DIFFERENT)
def test_a_digest_sees(change: str, tmp_path: Path) -> None:
    plain = digest(describe(model(tmp_path / "plain.py")))
    assert digest(describe(model(tmp_path / "changed.py", *DIFFERENT[change]))) != plain


def test_a_digest_sees_the_method_of_a_quorum_system(tmp_path: Path) -> None:
    row = "    @classmethod\n    def subsets(cls, n):\n        yield from [tuple(range(n))]\n"
    system = f"class Grid(Majority[Acceptor]):\n{row}"
    text = MODEL.replace("class Vote", f"{system}\n\nclass Vote").replace("h: Heavy", "h: Grid")
    found = set()
    for i, body in enumerate((text, text.replace("tuple(range(n))", "tuple(range(n - 1))"))):
        path = tmp_path / f"grid_{i}.py"
        path.write_text(body)
        found.add(digest(describe(load_protocol(path))))
    assert len(found) == 2


def test_a_digest_is_the_same_in_every_process() -> None:
    program = textwrap.dedent(
        """
        from quorate.model.language.description import describe
        from quorate.model.language.digest import digest
        from quorate.model.paxos import Paxos
        print(digest(describe(Paxos)))
        """
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {digest(describe(Paxos))}


def test_a_digest_does_not_depend_on_the_order_of_sets() -> None:
    from quorate.model.language.digest import stable_text

    class Letter(enum.Enum):
        a = 1
        b = 2

    values = [toys.Node(i) for i in range(8)]
    assert stable_text(frozenset(values)) == stable_text(frozenset(reversed(values)))
    assert stable_text({Letter.a: 1, Letter.b: 2}) == stable_text({Letter.b: 2, Letter.a: 1})
