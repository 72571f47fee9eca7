"""Mappings of users: what they may return, and what is said of those that cannot be used."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.errors import InputError
from quorate.checker.refine.explored import RefinementCheck, RefinementStatus, check_refinement
from quorate.checker.refine.values import AbstractValues, NoSuchValueError
from quorate.model import paxos, voting
from quorate.model.consensus import Consensus
from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Record,
    Seq,
    Sort,
    action,
    durable,
    require,
)
from quorate.model.language.declare.types import SortType
from quorate.model.paxos import Accepted, Acceptor, Ballot, Paxos, Promise, Value
from quorate.model.refinements import Refinement, refinement
from quorate.model.voting import Voting

SIZES = {"Acceptor": 2, "Ballot": 1, "Value": 1}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths below the working directory are shown relative to it: this file is not."""
    monkeypatch.chdir(tmp_path)


def with_mapping(mapping: Callable[[Any], Any]) -> RefinementCheck:
    return check_refinement(Refinement(Paxos, Voting, mapping), SIZES)


def right(self: Any) -> dict[str, Any]:
    votes = self.sent[Accepted]
    return {
        "votes": {a: {(m.b, m.v) for m in votes if m.a == a} for a in Acceptor},
        "max_bal": self.max_bal,
    }


def test_plain_values() -> None:
    """Tuples for records, the state's own maps, elements of either protocol's sorts."""
    assert with_mapping(right).status is RefinementStatus.REFINES

    def abstract_elements(self: Any) -> dict[str, Any]:
        pairs = zip(Acceptor, voting.Acceptor, strict=True)
        return {
            "votes": {
                b: frozenset(
                    voting.Vote(voting.Ballot(m.b.index), m.v)
                    for m in self.sent[Accepted]
                    if m.a == a
                )
                for a, b in pairs
            },
            "max_bal": {a: voting.Ballot(self.max_bal[a].index) for a in Acceptor},
        }

    assert with_mapping(abstract_elements).status is RefinementStatus.REFINES


def changed(**values: Any) -> Callable[[Any], Any]:
    def mapping(self: Any) -> Any:
        given = {k: v(self) if callable(v) else v for k, v in values.items()}
        found = {**right(self), **given}
        return {k: v for k, v in found.items() if v is not ...}

    return mapping


WRONG: list[tuple[str, Callable[[Any], Any], str]] = [
    ("nothing", lambda self: None, "it returns None, expected a dict with the variables of Voting"),
    ("a variable missing", changed(max_bal=...), "it gives no `max_bal`; the variables of Voting"),
    ("a variable too many", changed(ballot=0), "it gives `ballot`, but the variables of Voting"),
    (
        "no map",
        changed(max_bal=frozenset()),
        "max_bal is frozenset() (frozenset), expected Map",
    ),
    (
        "a key missing",
        changed(max_bal=lambda self: {Acceptor(0): Ballot.never}),
        "max_bal has no value for a1",
    ),
    (
        "no key",
        changed(votes={"a0": frozenset(), Acceptor(1): frozenset()}),
        "a key of votes is 'a0' (str), expected Acceptor",
    ),
    (
        "another sort",
        changed(max_bal=lambda self: {a: Value(0) for a in Acceptor}),
        "max_bal[a0] is v0 (Value), expected Ballot",
    ),
    (
        "None",
        changed(max_bal=lambda self: dict.fromkeys(Acceptor)),
        "max_bal[a0] is None, expected Ballot",
    ),
    (
        "an element that is not there",
        changed(max_bal=lambda self: {a: Ballot(1) for a in Acceptor}),
        "max_bal[a0] is b2, beyond the last Ballot",
    ),
    (
        "no set",
        changed(votes=lambda self: {a: (Ballot(0), Value(0)) for a in Acceptor}),
        "votes[a0] is (b1, v0) (tuple), expected Set[Vote]",
    ),
    (
        "a record of other fields",
        changed(votes=lambda self: {a: {(Ballot(0),)} for a in Acceptor}),
        "a member of votes[a0] is (b1,) (tuple), expected Vote",
    ),
    (
        "another record",
        changed(votes=lambda self: {a: {Accepted(a, Ballot(0), Value(0))} for a in Acceptor}),
        "a member of votes[a0] is Accepted(a=a0, b=b1, v=v0) (Accepted), expected Vote",
    ),
    (
        "an exception",
        changed(max_bal=lambda self: {}["no"]),
        "KeyError: 'no'",
    ),
    (
        "no such attribute",
        changed(max_bal=lambda self: self.max_ball),
        "AttributeError: 'Paxos' object has no attribute 'max_ball'",
    ),
    (
        "no such key",
        changed(max_bal=lambda self: self.max_bal[Value(0)]),
        "max_bal[v0]: there is no such key",
    ),
    (
        "no such message",
        changed(votes=lambda self: self.sent[voting.Vote]),
        "LookupError: sent holds no Vote; it holds Prepare, Promise, Accept, Accepted",
    ),
    (
        "a write",
        changed(votes=lambda self: self.max_bal.__setitem__(Acceptor(0), Ballot(0))),
        "WriteError: it writes self.max_bal[a0], but a mapping only reads",
    ),
    (
        "a send",
        changed(votes=lambda self: self.sent.add(paxos.Prepare(Ballot(0)))),
        "WriteError: it sends Prepare(b=b1), but a mapping only reads",
    ),
    (
        "an assignment",
        changed(votes=lambda self: setattr(self, "max_bal", 0)),
        "WriteError: it writes self.max_bal, but a mapping only reads",
    ),
]


@pytest.mark.parametrize(("mapping", "expected"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_wrong_mappings(mapping: Callable[[Any], Any], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        with_mapping(mapping)
    first, state = str(caught.value).split("\n")
    assert re.match(rf"{re.escape(__file__)}:\d+: (mapping|<lambda>): ", first), first
    assert expected in first
    assert state.startswith("  in the state max_bal = {a0: never, a1: never}, max_vbal = ")


def test_the_line_that_raises_is_named() -> None:
    def mapping(self: Any) -> Any:
        found = right(self)
        if self.sent[Promise]:
            found["max_bal"] = 1 // 0
        return found

    with pytest.raises(InputError) as caught:
        with_mapping(mapping)
    line = mapping.__code__.co_firstlineno + 3
    assert str(caught.value).startswith(f"{__file__}:{line}: mapping: ZeroDivisionError: ")
    assert "Promise(a=a0, b=b1, vb=never, v=None)" in str(caught.value)


def test_what_is_read_later_only_is_noticed() -> None:
    """States that look alike at first are told apart once the mapping looks closer."""

    class Counter(Protocol):
        high: bool = durable(False)
        low: bool = durable(False)
        noise: Map[Acceptor, bool] = durable(False)

        @action
        def next(self) -> None:
            require(not (self.high and self.low))
            self.high = self.high or self.low
            self.low = not self.low

        @action
        def talk(self, a: Acceptor) -> None:
            self.noise[a] = not self.noise[a]

    class OneBit(Protocol):
        late: bool = durable(False)

        @action
        def change(self) -> None:
            require(not self.late)
            self.late = True

    def mapping(self: Any) -> Any:
        return {"late": self.high and self.low}

    found = check_refinement(Refinement(Counter, OneBit, mapping), {"Acceptor": 9})
    assert found.status is RefinementStatus.REFINES
    assert (found.states, found.images) == (4 * 512, 2)
    assert found.occurrences == {"change": 512} and found.calls < 200


@pytest.mark.parametrize("written", [repr, str, "{}".format, lambda sent: str(list(sent))])
def test_messages_are_read_where_all_are_written_out(written: Callable[[Any], str]) -> None:
    class Once(Protocol):
        voted: bool = durable(False)

        @action
        def vote(self) -> None:
            require(not self.voted)
            self.voted = True

    def mapping(self: Any) -> Any:
        return {"voted": "Accepted(" in written(self.sent)}

    found = check_refinement(Refinement(Paxos, Once, mapping), SIZES)
    assert found.status is RefinementStatus.REFINES
    assert found.images == 2 and found.occurrences["vote"] > 0


# ---------------------------------------------------------------- sorts and types


class Server(Sort): ...


class Leader(Sort): ...


class Candidate(Sort): ...


class Role(enum.Enum):
    IDLE = 1
    DONE = 2


class Elected(Protocol):
    leader: Map[Server, bool] = durable(False)

    @action
    def elect(self, s: Server) -> None:
        require(not any(self.leader[t] for t in Server))
        self.leader[s] = True


class Abstract(Protocol):
    who: Leader | None = durable(None)

    @action
    def choose(self, x: Leader) -> None:
        require(self.who is None)
        self.who = x


@refinement(concrete=Elected, abstract=Abstract, sorts={Server: Leader})
def renamed(self: Any) -> Any:
    return {"who": next((s for s in Server if self.leader[s]), None)}


def test_sorts_with_other_names() -> None:
    found = check_refinement(renamed, {"Server": 3})
    assert found.status is RefinementStatus.REFINES
    assert dict(found.abstract_sizes) == {"Leader": 3} and found.occurrences == {"choose": 3}
    with pytest.raises(InputError, match="has the sort Leader, Elected none of that name"):
        check_refinement(Refinement(Elected, Abstract, renamed.mapping), {"Server": 3})
    with pytest.raises(InputError, match=r"who is s0 \(Server\), expected Leader"):
        check_refinement(
            Refinement(Elected, Abstract, lambda self: {"who": Server(0)}),
            {"Server": 3, "Leader": 3},
        )


def test_steps() -> None:
    with pytest.raises(ValueError, match="steps=0"):
        refinement(Elected, Abstract, steps=0)


class Index(Nat): ...


class Level(Ordered): ...


class Entry(Record):
    who: Server
    role: Role


class Note(Message):
    entry: Entry


class Everything(Protocol):
    log: Seq[Entry, Index] = durable(())
    count: Map[Server, Index, Index] = durable(0)
    last: Entry | None = durable(None)
    level: Map[Server, Level | None] = durable(None)
    on: bool = durable(False)
    sent: Messages[Note]


ENTRY = "Entry(who=s0, role=<Role.IDLE: 1>)"


class Other(enum.Enum):
    IDLE = 1


def test_values_of_every_type() -> None:
    with Everything.sized(Server=1, Index=1, Level=1):
        entry = Entry(Server(0), Role.IDLE)
        given = {
            "log": [entry],
            "count": {(Server(0), 0): 1, (Server(0), 1): 0},
            "last": (Server(0), Role.IDLE),
            "level": {Server(0): None},
            "on": True,
            "sent": {Note(entry)},
        }
        found = AbstractValues(Everything, {}).state(given)
        assert found == ((entry,), (1, 0), entry, (None,), True, frozenset({Note(entry)}))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("log", [1], "log[0] is 1 (int), expected Entry"),
        ("log", [(Server(0), Role.IDLE)] * 2, "log has 2 entries, more than Seq[Entry, Index]"),
        ("log", "ab", "log is 'ab' (str), expected Seq[Entry, Index]"),
        ("count", {(Server(0), 0): 2}, "count[s0, 0] is 2, but Index goes from 0 to 1"),
        ("count", {(Server(0), 0): True}, "count[s0, 0] is True (bool), expected Index"),
        ("count", {Server(0): 1}, "a key of count is s0 (Server), expected a tuple of Server, Ind"),
        ("count", {(Server(0), 0): 1}, "count has no value for s0, 1"),
        ("last", (Server(0), Other.IDLE), "last.role is <Other.IDLE: 1> (Other), expected Role"),
        ("last", (Server(1), Role.IDLE), "last.who is s1, beyond the last Server"),
        ("level", {Server(0): Ballot.never}, "level[s0] is never (Ballot), expected Level"),
        ("on", 1, "on is 1 (int), expected bool"),
        ("sent", {Entry(Server(0), Role.IDLE)}, f"sent holds {ENTRY} (Entry), expected messages "),
        ("sent", 3, "sent is 3 (int), expected Messages[Note]"),
    ],
)
def test_values_that_do_not_fit(name: str, value: Any, expected: str) -> None:
    with Everything.sized(Server=1, Index=1, Level=1):
        given = {
            "log": (),
            "count": {(Server(0), i): 0 for i in Index},
            "last": None,
            "level": {Server(0): Level(0)},
            "on": False,
            "sent": (),
            name: value,
        }
        with pytest.raises(NoSuchValueError) as caught:
            AbstractValues(Everything, {}).state({**given, "sent": given["sent"] or frozenset()})
        assert str(caught.value).startswith(expected)


def test_a_bottom_where_there_is_none() -> None:
    class Below(Ordered, bottom="none"): ...

    with Everything.sized(Server=1, Index=1, Level=1):
        translator = AbstractValues(Everything, {Below: Level})
        with pytest.raises(NoSuchValueError, match="level is none, but Level has no bottom"):
            translator.value("level", SortType(Level), Below.none)


def test_a_size_for_what_is_not_matched() -> None:
    class Idle(Protocol):
        pick: Map[Candidate, bool] = durable(False)

        @action
        def choose(self, c: Candidate) -> None:
            self.pick[c] = True

    link = Refinement(Elected, Idle, lambda self: {"pick": dict.fromkeys(Candidate, False)})
    found = check_refinement(link, {"Server": 2, "Candidate": 2})
    assert found.status is RefinementStatus.REFINES
    assert found.warnings() == ["nothing was compared: no step changes anything of Idle"]


def test_a_mapping_that_reads_nothing() -> None:
    def nothing(self: Any) -> Any:
        return {"chosen": set()}

    found = check_refinement(Refinement(Paxos, Consensus, nothing), SIZES)
    assert (
        found.status is RefinementStatus.REFINES
        and found.images == 1
        and found.stutters == found.transitions
    )
