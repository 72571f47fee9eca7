"""Steps that only add what may be there anyway are taken alone: the same verdicts, fewer states."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import quorate
from quorate.checker.errors import InputError
from quorate.checker.explore.reduction import growing
from quorate.checker.explore.reduction.growing import Effect, GrowingColumns
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground import instances, quantifiers
from quorate.checker.ground.layout import Layout
from quorate.checker.results import Outcome
from quorate.model.language import ModelError, SizeError
from quorate.model.language.description import describe
from quorate.model.mutants import KILLED, MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.raft import Raft

from ...support.bounds import SYMMETRIC, Bound, every_day, narrowed
from ...support.comparing.stubborn import Comparison, agree
from ...support.comparing.symmetry import anonymous
from ...support.examples import share
from ...support.searching import explorer
from ...support.strategies import Source, generate, loaded, sized

SENDERS = """
from quorate.model.language import *

class Proc(Sort): ...
class Num(Nat): ...
class Go(Message):
    p: Proc
class Told(Message):
    p: Proc
    n: Num
class Proto(Protocol):
    x: Map[Proc, bool] = durable(False)
    y: Map[Proc, Num] = durable(0)
    seen: Map[Proc, Set[Proc]] = durable(frozenset())
    best: Map[Proc, Num] = durable(0)
    last: Map[Proc, Proc | None] = durable(None)
    sent: Messages[Go, Told]
"""
LIMIT = 5_000  # states of a generated protocol

pytestmark = pytest.mark.usefixtures("own_cache")


def senders(r: Random) -> Source:
    """A protocol whose steps send, count and remember, and ask for little that must not be."""

    def positive() -> str:
        p, n = r.choice("pq"), r.randrange(3)
        return r.choice(
            (
                f"Go({p}) in self.sent",
                f"Told({p}, {n}) in self.sent",
                f"Told({p}, self.y[{p}]) in self.sent",
                f"q in self.seen[{p}]",
                f"{n} <= self.best[{p}]",
                f"any(m.p == {p} for m in self.sent[Told])",
            )
        )

    def test() -> str:
        p, n = r.choice("pq"), r.randrange(3)
        others = (
            f"self.x[{p}]",
            f"not self.x[{p}]",
            f"self.y[{p}] {r.choice(('==', '<', '>'))} {n}",
            f"self.best[{p}] == {n}",
            f"len(self.seen[{p}]) < {n}",
            f"Go({p}) not in self.sent",
            f"self.last[{p}] == q",
        )
        return positive() if r.random() < 0.6 else r.choice(others)

    def steps() -> Iterator[tuple[list[str], list[str]]]:
        free = [
            ([], ["self.sent.add(Go(p))"]),
            ([], ["self.sent.add(Told(p, self.y[p]))"]),
            (["q not in self.seen[p]"], ["self.seen[p] = self.seen[p] | {q}"]),
            (["self.best[p] < n"], ["self.best[p] = n"]),
            ([], ["self.best[p] = self.y[p]"]),
            ([], ["self.y[p] = min(self.y[p] + 1, 2)"]),
            ([], ["self.x[p] = not self.x[p]"]),
            ([], ["self.last[p] = q"]),
            ([], ["self.x[p] = True", "self.sent.add(Go(q))"]),
            ([], ["self.seen[p] = frozenset()", "self.y[p] = n"]),
        ]
        for _ in range(r.randint(3, 6)):
            guards, effects = r.choice(free)
            yield [*guards, *(test() for _ in range(r.choice((0, 1, 1, 2))))], effects

    lines = [SENDERS]
    for k, (guards, effects) in enumerate(steps()):
        lines.append(f"    @action\n    def step{k}(self, p: Proc, q: Proc, n: Num) -> None:")
        lines += [f"        require({g})" for g in guards]
        lines += [f"        {e}" for e in effects]
    for k in range(r.choice((1, 1, 2))):
        bad = " and ".join(
            (positive if r.random() < 0.7 else test)() for _ in range(r.choice((1, 2, 3)))
        )
        lines.append(f"    @invariant\n    def inv{k}(self) -> bool:")
        lines.append(f"        return all(not ({bad}) for p in Proc for q in Proc)")
    return Source("\n".join(lines) + "\n", {"Proc": 2, "Num": 2}, {})


def agree_on(source: Source, symmetry: bool = False) -> Comparison:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            bound = sized(protocol, source)
            return agree(protocol, bound, limit=LIMIT, symmetry=symmetry, eager=True)
        except (ModelError, SizeError):
            return Comparison("rejected")


def randoms() -> st.SearchStrategy[Random]:
    return st.randoms(use_true_random=False)


# ---------------------------------------------------------------- the same verdicts


@pytest.mark.parametrize("symmetry", [False, True], ids=["plain", "symmetry"])
@pytest.mark.parametrize("bound", every_day(SYMMETRIC, "TwoPhaseCommit-1-3"))
def test_bundled_agree(bound: Bound, symmetry: bool) -> None:
    protocol, sizes, faults = bound
    found = agree(protocol, protocol.sized(faults, **sizes), symmetry=symmetry, eager=True)
    assert found.ending == "holds"


@pytest.mark.parametrize("symmetry", [False, True], ids=["plain", "symmetry"])
@given(random=randoms())
@share(4)
def test_senders_agree(random: Random, symmetry: bool) -> None:
    event(str(agree_on(senders(random), symmetry)))


@given(random=randoms())
@share(8)
def test_generated_agree(random: Random) -> None:
    event(str(agree_on(generate(random))))


@pytest.mark.exhaustive
@pytest.mark.parametrize("symmetry", [False, True], ids=["plain", "symmetry"])
@given(random=randoms())
@share(5)
def test_many_generated_agree(random: Random, symmetry: bool) -> None:
    source = generate(random)
    event(str(agree_on(anonymous(source) if symmetry else source, symmetry)))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_agree(name: str) -> None:
    mutant = MUTANTS[name]
    killed = mutant.verdict == KILLED
    sizes = mutant.protocol.sized(mutant.faults, **mutant.sizes) if killed else narrowed(mutant)
    only = frozenset({str(mutant.violates)}) if killed else None
    found = agree(mutant.protocol, sizes, only, limit=20_000_000, symmetry=True, eager=True)
    assert found.ending == ("violated" if killed else "holds")


@pytest.mark.exhaustive
def test_messages_known_only_by_loops_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_UNROLLED", 1)
    monkeypatch.setattr(quantifiers, "MOST_ONE_BY_ONE", 0)
    sizes = Paxos.sized(Acceptor=2, Ballot=2, Value=1)
    assert agree(Paxos, sizes, eager=True).ending == "holds"
    for seed in range(4):
        agree_on(senders(Random(seed)))


# ---------------------------------------------------------------- what is left out


def raft(servers: int, terms: int, entries: int, **how: Any) -> Explorer:
    sizes = Raft.sized({"crash": 1}, Server=servers, Value=1, Term=terms, Index=entries)
    return explorer(Raft, sizes, **how)


def test_what_raft_sends_and_counts_may_grow() -> None:
    search = raft(2, 1, 1, eager=True)
    found = search.run(coverage=False)
    assert (found.outcome, found.por, found.states) == (Outcome.HOLDS, True, 108)  # of 782
    names = {c.name for c in search.kernel.source.growing.columns}
    messages = {f"sent[{m}]" for m in ("RequestVote", "Vote", "Append", "Ack")}
    assert names == {"votes.0", "votes.1", "match", *messages}


@pytest.mark.exhaustive
@pytest.mark.parametrize(("entries", "orbits"), [(1, 91_929), (2, 1_332_914)])
def test_raft_with_two_terms_ends(entries: int, orbits: int) -> None:
    found = raft(3, 2, entries, eager=True, symmetry=True).run(coverage=False)
    assert (found.outcome, found.states) == (Outcome.HOLDS, orbits)


def test_senders_are_reduced_and_fail_at_several_depths() -> None:
    """Else the comparisons above would show nothing."""
    reduced, depths = 0, set[int]()
    for seed in (0, 1, 3, 33, 35, *range(200)):
        found = agree_on(senders(Random(seed)))
        reduced += found.reduced and found.ending == "holds"
        depths |= {found.depth} if found.ending == "violated" else set()
        if reduced >= 2 and len(depths) >= 3:
            break
    assert reduced >= 2 and len(depths) >= 3


@pytest.mark.parametrize("other", [{"search": {"por": True}}, {"deadlock": True}])
def test_other_reductions_and_deadlocks_are_refused(other: dict[str, Any]) -> None:
    search = quorate.BreadthFirst(eager=True, **other.pop("search", {}))
    with pytest.raises(InputError, match=r"--eager does not go with --(por|deadlock)"):
        quorate.check(Paxos, sizes={"Acceptor": 1, "Ballot": 1, "Value": 1}, search=search, **other)


# ---------------------------------------------------------------- wrong reductions are noticed


HASTE = Source(
    """
from quorate.model.language import *

class Proc(Sort): ...
class Go(Message):
    p: Proc
class Told(Message):
    p: Proc
class Proto(Protocol):
    who: Proc | None = durable(None)
    told: bool = durable(False)
    sent: Messages[Go, Told]

    @action
    def go(self, p: Proc) -> None:
        self.sent.add(Go(p))

    @action
    def point(self, p: Proc) -> None:
        self.who = p

    @action
    def tell(self, p: Proc) -> None:
        require(not any(Go(q) in self.sent for q in Proc))
        self.sent.add(Told(p))

    @action
    def hear(self) -> None:
        require(any(Told(p) in self.sent for p in Proc))
        self.told = True

    @invariant
    def nothing_is_told(self) -> bool:
        return not self.told
""",
    {"Proc": 2},
    {},
)


def careless(self: GrowingColumns, x: Any) -> Effect:
    """Nothing that is asked becomes false."""
    return Effect(effect(self, x).raises, 0)


def unread(self: GrowingColumns, x: Any) -> Effect:
    """Nothing depends on anything."""
    return Effect()


effect = GrowingColumns._effect
WRONG = {
    "careless": (GrowingColumns, "_effect", careless),
    "unread": (GrowingColumns, "_effect", unread),
    "every guard may fail": (growing, "_is_below", lambda q, store: True),
    "values are exchanged": (growing, "_candidates", Layout.columns),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_reduction_is_noticed(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agree_on(HASTE, symmetry=True).ending == "violated"
    monkeypatch.setattr(*WRONG[wrong])
    with monkeypatch.context() as patch:
        patch.setenv("QUORATE_CACHE", "/dev/null/none")
        with pytest.raises(AssertionError):
            agree_on(HASTE, symmetry=True)
