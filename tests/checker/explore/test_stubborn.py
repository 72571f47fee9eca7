"""Partial-order reduction: the same verdicts, at the same depth, from fewer states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.explore.reduction import satisfiable as possible
from quorate.checker.explore.reduction import stubborn
from quorate.checker.explore.reduction.needs import Need, Steps
from quorate.checker.explore.reduction.stubborn import Stubborn
from quorate.checker.explore.reduction.stubborn_relations import Relations
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground import instances, quantifiers
from quorate.checker.ground.nodes import Node, nodes_in
from quorate.checker.results import Outcome
from quorate.model.language import ModelError, SizeError
from quorate.model.language.description import describe
from quorate.model.mutants import KILLED, MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.raft import Raft
from quorate.model.two_phase_commit import TwoPhaseCommit

from ...support.bounds import SYMMETRIC, Bound, every_day, narrowed
from ...support.comparing.stubborn import Comparison, agree
from ...support.comparing.symmetry import anonymous
from ...support.examples import share
from ...support.kernels import own_folder
from ...support.searching import searching
from ...support.strategies import Source, generate, loaded, sized

LOOPED: list[Bound] = [
    (Paxos, {"Acceptor": 2, "Ballot": 2, "Value": 1}, {}),
    (TwoPhaseCommit, {"Coordinator": 1, "Participant": 2}, {"crash": 1}),
]
LIMIT = 5_000  # states of a generated protocol


pytestmark = pytest.mark.usefixtures("own_cache")


# ---------------------------------------------------------------- bundled protocols


# The others are slow to prepare.
@pytest.mark.parametrize("symmetry", [False, True], ids=["plain", "symmetry"])
@pytest.mark.parametrize("bound", every_day(SYMMETRIC, "TwoPhaseCommit-1-3"))
def test_bundled_agree(bound: Bound, symmetry: bool) -> None:
    protocol, sizes, faults = bound
    assert agree(protocol, protocol.sized(faults, **sizes), symmetry=symmetry).ending == "holds"


PAXOS = [
    (2, False, 3_921),
    pytest.param(3, True, 17_153, marks=pytest.mark.exhaustive),
]


@pytest.mark.parametrize(("ballots", "symmetry", "states"), PAXOS)
def test_paxos_is_reduced(ballots: int, symmetry: bool, states: int) -> None:
    sizes = Paxos.sized(Acceptor=3, Ballot=ballots, Value=2)
    found = Explorer(Paxos, sizes, searching(por=True), symmetry=symmetry).run(coverage=False)
    assert (found.outcome, found.por) == (Outcome.HOLDS, True)
    assert found.states < 0.4 * states
    (warning,) = found.warnings(["nowhere"], {})
    assert warning.startswith("not looked for, since steps are left out: ")
    assert warning.endswith("a state that makes `nowhere` true")


def agree_on_mutant(name: str, symmetry: bool) -> Comparison:
    mutant = MUTANTS[name]
    killed = mutant.verdict == KILLED
    sizes = mutant.protocol.sized(mutant.faults, **mutant.sizes) if killed else narrowed(mutant)
    only = frozenset({str(mutant.violates)}) if killed else None
    found = agree(mutant.protocol, sizes, only, limit=20_000_000, symmetry=symmetry)
    assert found.ending == ("violated" if killed else "holds")
    return found


@pytest.mark.exhaustive
@pytest.mark.parametrize("symmetry", [False, True], ids=["plain", "symmetry"])
@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_agree(name: str, symmetry: bool) -> None:
    agree_on_mutant(name, symmetry)


def test_a_mutant_fails_as_early() -> None:
    assert agree_on_mutant("breaks-vote", symmetry=True).ending == "violated"


# ---------------------------------------------------------------- generated protocols


LOOSE = """
from quorate.model.language import *

class Proc(Sort): ...
class Num(Nat): ...
class Go(Message):
    p: Proc
class Told(Message, key="p"):
    p: Proc
    n: Num
class Proto(Protocol):
    x: Map[Proc, bool] = durable(False)
    y: Map[Proc, Num] = durable(0)
    z: bool = durable(False)
    who: Proc | None = durable(None)
    sent: Messages[Go, Told]
"""


def loose(r: Random) -> Source:
    """A protocol whose steps touch few cells each, so that many of them commute."""

    def test() -> str:
        p, n = r.choice("pq"), r.randrange(3)
        return r.choice(
            (
                f"{r.choice(('', 'not '))}self.x[{p}]",
                f"self.y[{p}] {r.choice(('==', '<', '>', '!='))} {n}",
                f"Go({p}) {r.choice(('in', 'in', 'not in'))} self.sent",
                f"Told({p}, {n}) in self.sent",
                f"any(m.p == {p} for m in self.sent[Told])",
                f"{r.choice(('', 'not '))}self.z",
                f"self.who {r.choice(('==', '!='))} {r.choice((p, 'None'))}",
                f"{r.choice(('any', 'all'))}(self.x[o] or Go(o) in self.sent for o in Proc)",
                f"(self.x[{p}] or self.y[{p}] == {n})",
                "p != q",
            )
        )

    def effects() -> Iterator[str]:
        found = {
            "x": f"self.x[p] = {r.choice(('True', 'False', 'not self.x[p]'))}",
            "y": f"self.y[p] = {r.choice(('0', '1', '2', 'min(self.y[p] + 1, 2)'))}",
            "z": f"self.z = {r.choice(('True', 'False'))}",
            "who": f"self.who = {r.choice(('p', 'q', 'None'))}",
            "Go": "self.sent.add(Go(p))",
            "Told": f"self.sent.add(Told(p, {r.choice(('0', '1', 'self.y[p]'))}))",
        }
        keys = ["x", "y", "Go", "x", "y", "Go", "Told", "z", "who"]
        chosen = {r.choice(keys) for _ in range(r.choice((1, 1, 2)))}
        for key in sorted(chosen, key=lambda k: "self.y" not in found[k].split("=", 1)[-1]):
            yield found[key]

    lines = [LOOSE]
    for k in range(r.randint(3, 6)):
        lines.append(f"    @action\n    def step{k}(self, p: Proc, q: Proc) -> None:")
        lines += [f"        require({test()})" for _ in range(r.choice((0, 1, 1, 2)))]
        lines += [f"        {e}" for e in effects()]
    for k in range(r.choice((1, 1, 2))):
        bad = " and ".join(test() for _ in range(r.choice((2, 2, 3, 4))))
        lines.append(f"    @invariant\n    def inv{k}(self) -> bool:")
        lines.append(f"        return all(not ({bad}) for p in Proc for q in Proc)")
    return Source("\n".join(lines) + "\n", {"Proc": r.choice((2, 3)), "Num": 2}, {})


def agree_on(source: Source, symmetry: bool) -> Comparison:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            return agree(protocol, sized(protocol, source), limit=LIMIT, symmetry=symmetry)
        except (ModelError, SizeError):
            return Comparison("rejected")


def randoms() -> st.SearchStrategy[Random]:
    return st.randoms(use_true_random=False)


@pytest.mark.parametrize("symmetry", [False, True], ids=["plain", "symmetry"])
@given(random=randoms())
@share(4)
def test_loose_agree(random: Random, symmetry: bool) -> None:
    event(str(agree_on(loose(random), symmetry)))


@given(random=randoms())
@share(8)
def test_generated_agree(random: Random) -> None:
    event(str(agree_on(generate(random), symmetry=False)))


@pytest.mark.exhaustive
@pytest.mark.parametrize("symmetry", [False, True], ids=["plain", "symmetry"])
@given(random=randoms())
@share(5)
def test_many_generated_agree(random: Random, symmetry: bool) -> None:
    source = generate(random)
    event(str(agree_on(anonymous(source) if symmetry else source, symmetry)))


def test_loose_protocols_are_reduced_and_fail_at_all_depths() -> None:
    """Else the comparisons above would show nothing."""
    reduced, depths = 0, set[int]()
    for seed in (2, 5, 6, 9, *range(200)):
        found = agree_on(loose(Random(seed)), symmetry=False)
        reduced += found.reduced
        depths |= {found.depth} if found.ending == "violated" else set()
        if reduced >= 2 and {0, 1, 3} <= depths:
            break
    assert reduced >= 2 and {0, 1, 3} <= depths


# ---------------------------------------------------------------- wrong reductions are noticed


def independent(self: Relations, t: int) -> int:
    """Every two steps commute."""
    return 0


def unaware(self: Relations, p: Any, value: bool = True) -> int:
    """Half of the steps change no condition."""
    return makers(self, p, value) & 0x5555_5555


def unable(self: Stubborn, p: Any, value: bool = True) -> Need:
    """Nothing enables a step."""
    return Steps(0)


def blind(self: Stubborn) -> tuple[int, list[Need]]:
    """Some of what violates an invariant is not seen."""
    always, cases = question(self)
    return always, cases[1:]


def hasty(self: Relations, p: Node) -> Iterator[Node]:
    """What a condition reads is 1 wherever it holds."""
    tests = (self.g.isin(n, 2) for n in nodes_in([p]) if n.op == "load")
    yield from (t for t in tests if isinstance(t, Node))


makers, question = Relations.makers, Stubborn._question
WRONG = [  # and a protocol that shows it
    (Relations, "row", independent, 43),
    (Relations, "makers", unaware, 0),
    (Relations, "implied", hasty, 5),
    (Stubborn, "need", unable, 0),
    (Stubborn, "_question", blind, 79),
]


@pytest.mark.parametrize(
    ("owner", "name", "wrong", "known"), WRONG, ids=[w[2].__name__ for w in WRONG]
)
def test_a_wrong_reduction_is_noticed(
    owner: type, name: str, wrong: Any, known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, wrong)
    with pytest.raises(AssertionError):
        for seed in (known, *range(200)):
            agree_on(loose(Random(seed)), symmetry=False)


# ---------------------------------------------------------------- relations


@pytest.mark.exhaustive
@pytest.mark.parametrize("make", [loose, generate])
def test_messages_known_only_by_loops_agree(
    make: Callable[[Random], Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "MOST_UNROLLED", 1)
    monkeypatch.setattr(quantifiers, "MOST_ONE_BY_ONE", 0)
    for protocol, sizes, faults in LOOPED:
        assert agree(protocol, protocol.sized(faults, **sizes)).ending == "holds"
    for seed in range(4):
        agree_on(make(Random(seed)), symmetry=False)


def test_without_answers_nothing_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Z3 is not asked, steps depend on each other, and there is less reduction."""
    own_folder(tmp_path, monkeypatch)  # no answers of other tests
    monkeypatch.setattr(possible, "MOST_ASKED", 0)
    sizes = Paxos.sized(Acceptor=3, Ballot=1, Value=2)
    assert agree(Paxos, sizes).ending == "holds"
    for seed in range(2):
        agree_on(loose(Random(seed)), symmetry=False)


def test_with_fewer_choices_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are too many choices, more steps are taken."""
    monkeypatch.setattr(stubborn, "MOST_CHOICES", 4)
    assert agree(Paxos, Paxos.sized(Acceptor=3, Ballot=1, Value=2)).ending == "holds"
    for seed in range(4):
        agree_on(loose(Random(seed)), symmetry=False)


def test_code_does_not_grow_with_the_ways_to_a_choice() -> None:
    """Choices are rows of a table, whatever leads to them: once, the code for ways took minutes."""
    searches = [
        Explorer(Paxos, Paxos.sized(Acceptor=a, Ballot=b, Value=1), searching(por=True))
        for a, b in ((2, 1), (3, 2))
    ]
    sizes = []
    for search in searches:
        kernel = search.kernel
        with search.sizes:
            module = kernel._module()
        sizes.append({n: str(module[n]).count("\n  ") for n in ("needed", "stubborn")})
    assert sizes[0]["needed"] == sizes[1]["needed"] < 150
    first, second = (s.kernel.source.stubborn for s in searches)
    assert first is not None and second is not None
    assert len(second._choices) > 2 * len(first._choices)
    assert sizes[1]["stubborn"] < 30 * len(second._choices)


@pytest.mark.exhaustive
def test_what_a_violation_implies_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that could break Raft's logs wait for what every broken log implies."""
    search = Explorer(
        Raft, Raft.sized({"crash": 0}, Server=2, Value=1, Term=1, Index=1), searching(por=True)
    )
    sets = search.kernel.source.stubborn
    assert sets is not None and sets.always == 0
    monkeypatch.setattr(Relations, "implied", lambda self, p: iter(()))
    with monkeypatch.context() as patch:
        patch.setenv("QUORATE_CACHE", "/dev/null/none")
        without = Explorer(search.protocol, search.sizes, searching(por=True))
        assert (
            without.kernel.source.stubborn is not None
            and without.kernel.source.stubborn.always != 0
        )
