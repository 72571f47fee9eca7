"""Symmetry reduction: the same verdicts, depths and (orbits weighed) counts as without."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.cli.main import run
from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.reduction import symmetry, symmetry_code
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.ground.interchangeable import Exchanged, Interchangeable, symmetric_sorts
from quorate.checker.results import Outcome
from quorate.model.chain_replication import ChainReplication
from quorate.model.lamport_mutex import LamportMutex
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, Sort, StepError
from quorate.model.language.description import describe
from quorate.model.mutants import KILLED, MUTANTS, Mutant
from quorate.model.paxos import Paxos
from quorate.model.raft import Raft

from ...support.bounds import SYMMETRIC, Bound, every_day, name_of, narrowed
from ...support.comparing.symmetry import agree, anonymous, check_action
from ...support.examples import few, share
from ...support.strategies import Source, generate, loaded, sized

# Processes that are ordered, by their names or in a chain, are not interchangeable.
SYMMETRIC_MUTANTS = [
    m for m in MUTANTS.values() if not issubclass(m.protocol, (LamportMutex, ChainReplication))
]
BROKEN = [m for m in SYMMETRIC_MUTANTS if m.verdict == KILLED]
LIMIT = 20_000  # states of a generated protocol

pytestmark = pytest.mark.usefixtures("own_cache")


# ---------------------------------------------------------------- bundled protocols


@pytest.mark.parametrize(
    ("ballots", "orbits", "states"),
    [
        (2, 443, 3_921),
        pytest.param(3, 17_153, 185_369, marks=pytest.mark.exhaustive),
        pytest.param(4, 710_709, 8_220_065, marks=pytest.mark.exhaustive),
    ],
)
def test_paxos_counts(ballots: int, orbits: int, states: int) -> None:
    sizes = Paxos.sized(Acceptor=3, Ballot=ballots, Value=2)
    found = Explorer(Paxos, sizes, symmetry=True).run(coverage=False)
    assert (found.outcome, found.states, found.full_states) == (Outcome.HOLDS, orbits, states)
    assert found.orbits is not None
    assert (found.orbits.sorts, found.orbits.permutations) == (("Acceptor", "Value"), 12)
    assert list(found.orbits.refused) == ["Ballot"]
    assert found.orbits.refused["Ballot"].startswith("phase1b tells b1 from b2 in line ")


LOGS: Bound = (Raft, {"Server": 3, "Value": 2, "Term": 1, "Index": 1}, {"crash": 1})


@pytest.mark.parametrize(
    "bound",
    [
        *every_day(SYMMETRIC, "Paxos-3-2-2", "TwoPhaseCommit-1-3", "Raft-3-2-1-0"),
        pytest.param(LOGS, id=name_of(LOGS), marks=pytest.mark.exhaustive),
    ],
)
def test_bundled_agree(bound: Bound) -> None:
    protocol, sizes, faults = bound
    assert agree(protocol, protocol.sized(faults, **sizes)) == "holds"


@pytest.mark.parametrize("bound", every_day(SYMMETRIC, "Paxos-3-2-2", "TwoPhaseCommit-1-3"))
def test_walking_images_in_a_loop_agrees(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sort is walked, none is sorted, by the loop that is meant for large groups."""
    monkeypatch.setattr(symmetry_code, "MOST_UNROLLED", 0)
    monkeypatch.setattr(symmetry, "_owned_cells", lambda swaps: None)
    protocol, sizes, faults = bound
    assert agree(protocol, protocol.sized(faults, **sizes)) == "holds"


@pytest.mark.parametrize("mutant", few(SYMMETRIC_MUTANTS, {"T2"}))
def test_mutants_have_the_same_states(mutant: Mutant) -> None:
    """All of them, whatever the invariants say, at few ballots."""
    ending = agree(mutant.protocol, narrowed(mutant), frozenset(), limit=300_000)
    assert ending in ("holds", "too large")


@pytest.mark.parametrize("mutant", few(BROKEN, {"R1"}))
def test_mutants_fail_as_early(mutant: Mutant) -> None:
    sizes = mutant.protocol.sized(mutant.faults, **mutant.sizes)
    assert agree(mutant.protocol, sizes, frozenset({str(mutant.violates)})) == "violated"


# ---------------------------------------------------------------- the action of permutations


@pytest.mark.parametrize(
    "bound", every_day(SYMMETRIC, "Paxos-3-2-2", "TwoPhaseCommit-1-3", "Raft-3-2-1-0")
)
def test_words_are_permuted_as_values(bound: Bound) -> None:
    protocol, sizes, faults = bound
    explorer = Explorer(protocol, protocol.sized(faults, **sizes), symmetry=True)
    check_action(explorer, Random(1), steps=20)


# ---------------------------------------------------------------- generated protocols


def agree_on(source: Source) -> str:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
            return agree(protocol, sizes, limit=LIMIT, coverage=False, action=True)
        except (ModelError, SizeError):
            return "rejected"


def protocols() -> st.SearchStrategy[Source]:
    return st.randoms(use_true_random=False).map(generate)


@given(protocols())
@share(4)
def test_generated_agree(source: Source) -> None:
    event(agree_on(source))


@given(protocols().map(anonymous))
@share(6)
def test_generated_without_names_agree(source: Source) -> None:
    event(agree_on(source))


def test_most_generated_without_names_are_symmetric() -> None:
    symmetric = 0
    for seed in range(16):
        source = anonymous(generate(Random(seed)))
        with loaded(source) as protocol:
            try:
                sizes = sized(protocol, source)
                with sizes:
                    symmetric += bool(symmetric_sorts(describe(protocol), sizes))
            except (ModelError, StepError):
                continue
    assert symmetric >= 8


# ---------------------------------------------------------------- what is refused

HEAD = """
from quorate.model.language import *

class Proc(Sort): ...
class Val(Sort): ...
class Ballot(Ordered, bottom="never"): ...
class Entry(Record):
    p: Proc
    b: Ballot
class Log(Nat): ...
class Say(Message):
    p: Proc
    v: Val
proc0 = Proc(0)
"""

REFUSED = {
    "weighted quorums": (
        """
class Quo(Weighted[Proc], weights=(2, 1, 1)): ...
class Proto(Protocol):
    up: Map[Proc, bool] = durable(False)
    done: bool = durable(False)
    @action
    def rise(self, p: Proc) -> None:
        require(not self.done)
        self.up[p] = True
    @action
    def end(self, q: Quo) -> None:
        require(all(self.up[p] for p in q))
        self.done = True
""",
        {"Proc": 3},
        "the quorums of Quo are not the same for all",
    ),
    "listed quorums": (
        """
class Quo(Explicit[Proc], quorums=[(0, 1)]): ...
class Proto(Protocol):
    up: Map[Proc, bool] = durable(False)
    @action
    def rise(self, q: Quo) -> None:
        for p in q:
            self.up[p] = True
""",
        {"Proc": 3},
        "the quorums of Quo are not the same for all",
    ),
    "a constant in an action": (
        """
class Proto(Protocol):
    up: Map[Proc, bool] = durable(False)
    @action
    def rise(self, p: Proc) -> None:
        require(p == proc0 or self.up[proc0])
        self.up[p] = True
""",
        {"Proc": 3},
        "rise mentions p0",
    ),
    "a constant in an invariant": (
        """
class Proto(Protocol):
    up: Map[Proc, bool] = durable(False)
    @action
    def rise(self, p: Proc) -> None:
        self.up[p] = True
    @invariant
    def first_stays_down(self) -> bool:
        return not self.up[proc0]
""",
        {"Proc": 3},
        "first_stays_down mentions p0",
    ),
    "an element at first": (
        """
class Proto(Protocol):
    leader: Proc = durable(proc0)
    up: Map[Proc, bool] = durable(False)
    @action
    def rise(self, p: Proc) -> None:
        require(not self.up[self.leader])
        self.up[p] = True
""",
        {"Proc": 3},
        "the initial states are not the same for all",
    ),
    "an element that a crash brings back": (
        """
class Proto(Protocol):
    faults = {"crash": 1}
    friend: Map[Proc, Proc] = volatile(proc0)
    @init
    def start(self, p: Proc) -> None:
        for q in Proc:
            self.friend[q] = p
    @action(fault="crash")
    def down(self, p: Proc) -> None:
        self.crash(p)
""",
        {"Proc": 3},
        "down mentions p0",
    ),
    "the last of a sort wins": (
        """
class Proto(Protocol):
    up: Map[Proc, bool] = durable(False)
    last: Proc | None = durable(None)
    @action
    def rise(self, p: Proc) -> None:
        require(self.last is None)
        self.up[p] = True
    @action
    def look(self) -> None:
        for p in Proc:
            if self.up[p]:
                self.last = p
""",
        {"Proc": 3},
        "the last round of a loop in look wins, over Proc",
    ),
    "the order of another loop decides": (
        """
class Proto(Protocol):
    at: Map[Proc, Ballot] = durable(Ballot.never)
    last: Ballot = durable(Ballot.never)
    @action
    def rise(self, p: Proc, b: Ballot) -> None:
        require(self.last == Ballot.never)
        self.at[p] = b
    @action
    def look(self) -> None:
        for p in Proc:
            for b in Ballot:
                if self.at[p] == b:
                    self.last = b
    @invariant
    def highest_wins(self) -> bool:
        return self.last == Ballot.never or all(self.at[p] <= self.last for p in Proc)
""",
        {"Proc": 3, "Ballot": 2},
        "the last round of a loop in look wins, over Proc",
    ),
}


@contextmanager
def protocol_of(text: str, sizes: dict[str, int]) -> Iterator[tuple[type[Protocol], Sizes]]:
    source = Source(HEAD + text, sizes, {"crash": 1})
    with loaded(source) as protocol:
        yield protocol, sized(protocol, source)


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    text, given_sizes, reason = REFUSED[name]
    with protocol_of(text, given_sizes) as (protocol, sizes):
        explorer = Explorer(protocol, sizes, symmetry=True)
        found = explorer.run()
        assert found.orbits is not None
        assert found.orbits.refused["Proc"] == reason
        truth = explore_reference(protocol, sizes)
        assert (found.outcome, found.depth) == (truth.outcome, truth.depth)
        if found.outcome is Outcome.HOLDS:
            assert found.full_states == truth.states
        with sizes:
            assert Proc_of(protocol) not in symmetric_sorts(describe(protocol), sizes)


def Proc_of(protocol: type[Protocol]) -> type[Sort]:
    return protocol.sorts()["Proc"]


@pytest.mark.parametrize("name", [n for n in REFUSED if n != "an element at first"])
def test_refusals_are_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them, something comes out wrong: a count, a depth, or a verdict."""
    text, given_sizes, _ = REFUSED[name]
    monkeypatch.setattr(
        symmetry,
        "interchangeable",
        lambda layout, *_: Interchangeable(
            {s: Exchanged(s, 0) for s in layout.sizes.elements if s.__name__ == "Proc"}
        ),
    )
    with protocol_of(text, given_sizes) as (protocol, sizes):
        found = Explorer(protocol, sizes, symmetry=True).run()
        truth = explore_reference(protocol, sizes)
        counted = found.outcome is Outcome.VIOLATED or found.full_states == truth.states
        assert (found.outcome, found.depth) != (truth.outcome, truth.depth) or not counted


ACCEPTED = {
    "each round writes its own cell": """
class Proto(Protocol):
    at: Map[Proc, Ballot] = durable(Ballot.never)
    seen: Map[Proc, Proc | None] = durable(None)
    @action
    def rise(self, b: Ballot) -> None:
        for p in Proc:
            self.at[p] = b
            self.seen[p] = p
""",
    "all rounds write the same": """
class Proto(Protocol):
    at: Map[Proc, Ballot] = durable(Ballot.never)
    high: bool = durable(False)
    @action
    def rise(self, p: Proc, b: Ballot) -> None:
        self.at[p] = b
    @action
    def look(self, b: Ballot) -> None:
        for p in Proc:
            if self.at[p] == b:
                self.high = True
""",
    "the last of an ordered sort wins": """
class Proto(Protocol):
    at: Map[Proc, Ballot] = durable(Ballot.never)
    low: Map[Proc, Ballot] = durable(Ballot.never)
    @action
    def lift(self, p: Proc, b: Ballot) -> None:
        self.low[p] = b
    @action
    def rise(self, p: Proc) -> None:
        for b in Ballot:
            if self.low[p] < b:
                self.at[p] = b
""",
    "the last of a sequence wins": """
class Proto(Protocol):
    log: Seq[Proc, Log] = durable(())
    last: Proc | None = durable(None)
    @action
    def grow(self, p: Proc) -> None:
        require(any(len(self.log) < n for n in Log))
        self.log = self.log + (p,)
    @action
    def look(self) -> None:
        for p in self.log:
            if any(q == p for q in Proc):
                self.last = p
""",
    "absent records and longer logs": """
class Proto(Protocol):
    friend: Map[Proc, Entry | None] = durable(None)
    log: Map[Proc, Seq[Entry, Log]] = durable(())
    @action
    def grow(self, p: Proc, q: Proc) -> None:
        require(any(len(self.log[p]) < n for n in Log))
        self.log[p] = self.log[p] + (Entry(q, Ballot.never),)
    @action
    def befriend(self, p: Proc, q: Proc, b: Ballot) -> None:
        self.friend[p] = Entry(q, b) if self.friend[p] is None else None
""",
    "sets of elements, and of records": """
class Proto(Protocol):
    seen: Map[Proc, Set[Proc]] = durable(frozenset())
    told: Set[Entry] = durable(frozenset())
    @action
    def look(self, p: Proc, q: Proc) -> None:
        self.seen[p] = self.seen[p] | {q}
    @action
    def tell(self, p: Proc) -> None:
        require(p in self.seen[p])
        self.told = self.told | {Entry(p, Ballot.never)}
""",
    "elements chosen at first": """
class Proto(Protocol):
    leader: Proc = durable(proc0)
    up: Map[Proc, bool] = durable(False)
    @init
    def start(self, p: Proc) -> None:
        self.leader = p
    @action
    def rise(self, p: Proc) -> None:
        require(not self.up[self.leader])
        self.up[p] = True
""",
}


@pytest.mark.parametrize(
    ("name", "looped"),
    [
        # Each every day, every other one in a loop.
        pytest.param(name, looped, marks=[pytest.mark.exhaustive] if (n + looped) % 2 else [])
        for n, name in enumerate(ACCEPTED)
        for looped in (False, True)
    ],
)
def test_accepted(name: str, looped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if looped:
        monkeypatch.setattr(symmetry_code, "MOST_UNROLLED", 0)
    with protocol_of(ACCEPTED[name], {"Proc": 3, "Ballot": 2, "Log": 1}) as (protocol, sizes):
        assert agree(protocol, sizes) == "holds"
        explorer = Explorer(protocol, sizes, symmetry=True)
        assert explorer.kernel.reduction is not None
        assert Proc_of(protocol) in explorer.kernel.reduction.sorts
        check_action(explorer, Random(3), steps=8)


WIDE_PAYLOAD = """
class Quo(Majority[Proc]): ...
class Tell(Message, key="b"):
    b: Ballot
    p: Proc
    q: Quo
    s: Set[Proc]
class Proto(Protocol):
    choice: Map[Proc, Proc | None] = durable(None)
    sent: Messages[Tell]
    @action
    def choose(self, p: Proc, q: Proc) -> None:
        require(self.choice[p] is None)
        self.choice[p] = q
    @action
    def tell(self, b: Ballot, p: Proc, q: Quo) -> None:
        require(not any(m.b == b for m in self.sent[Tell]))
        self.sent.add(Tell(b, p, q, {r for r in Proc if self.choice[r] == p}))
"""


def test_wide_payloads_are_looked_up() -> None:
    with protocol_of(WIDE_PAYLOAD, {"Proc": 3, "Ballot": 1}) as (protocol, sizes):
        assert agree(protocol, sizes) == "holds"
        check_action(Explorer(protocol, sizes, symmetry=True), Random(4), steps=8)


NO_BITS = """
class Proto(Protocol):
    last: Val = durable(Val(0))
    @action
    def choose(self, p: Proc, v: Val) -> None:
        self.last = v
"""


def test_a_state_without_bits_has_an_orbit() -> None:
    with protocol_of(NO_BITS, {"Proc": 2, "Val": 1}) as (protocol, sizes):
        explorer = Explorer(protocol, sizes, symmetry=True)
        found = explorer.run()
        assert explorer.kernel.reducing and explorer.kernel.layout.bits == 0
        assert (found.states, found.full_states) == (1, 1)


def test_too_many_permutations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest of the sorts that are walked is left alone."""
    monkeypatch.setattr(symmetry, "MOST_PERMUTATIONS", 5)
    with protocol_of(WIDE_PAYLOAD, {"Proc": 3, "Ballot": 1}) as (protocol, sizes):
        found = Explorer(protocol, sizes, symmetry=True).run()
        assert found.orbits is not None
        assert found.orbits.refused == {"Proc": "6 permutations are too many to look at"}
        assert found.full_states == explore_reference(protocol, sizes).states


def test_orbits_too_large_to_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symmetry, "MOST_ORBIT", 5)
    found = Explorer(*paxos_of(1), symmetry=True).run()
    assert found.orbits is not None
    assert found.orbits.sorts == ("Value",)
    assert found.orbits.refused == {"Acceptor": "12 permutations are too many to count with"}
    assert found.full_states == explore_reference(*paxos_of(1)).states


def paxos_of(ballots: int) -> tuple[type[Protocol], Sizes]:
    return Paxos, Paxos.sized(Acceptor=3, Ballot=ballots, Value=2)


def test_plain_changes_take_every_order() -> None:
    for n in range(1, 7):
        order = list(range(n))
        orders = {tuple(order)}
        for i in symmetry._plain_changes(n):
            order[i], order[i + 1] = order[i + 1], order[i]
            orders.add(tuple(order))
        assert len(orders) == len(list(symmetry._plain_changes(n))) + 1
        assert len(orders) == len(list(itertools.permutations(range(n))))


# ---------------------------------------------------------------- where orbits do not do


def test_no_graph_of_orbits() -> None:
    explorer = Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=1, Value=2), symmetry=True)
    explorer.run()
    with pytest.raises(ValueError, match="orbits have no state graph"):
        StateGraph(explorer)


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    check = ["check", "Paxos", "-s", "Acceptor=3,Ballot=2,Value=2"]
    assert run([*check, "--symmetry"]) == 0
    shown = capsys.readouterr().out
    assert "443 orbits stand for 3,921 states (Acceptor × Value, 12 permutations)" in shown
    assert "all reachable states: 443 orbits" in shown
    assert run([*check, "--symmetry", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["states"], found["symmetry"]["full_states"]) == (443, 3921)
    assert found["symmetry"]["sorts"] == ["Acceptor", "Value"]
    assert run([*check, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["symmetry"] is None


@pytest.mark.parametrize("other", [["--graph", "x.dot"], ["--bmc", "2"], ["--reference"]])
def test_what_symmetry_does_not_go_with(other: list[str]) -> None:
    assert run(["check", "Paxos", "-s", "Acceptor=3,Ballot=1,Value=1", "--symmetry", *other]) == 2
