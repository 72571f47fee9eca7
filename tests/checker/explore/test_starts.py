"""Many initial states: packed and judged by compiled code, with what CPython finds in few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import event, given

from quorate.checker.explore import confirm
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.confirm import Confirmer
from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.paths import ExplorationError
from quorate.checker.explore.reduction import derived_proof
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.directed.search import Directed
from quorate.checker.explore.search.directed.walks import Walks
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.ground import first_states, packed_states
from quorate.checker.ground.guesses import candidates
from quorate.checker.ground.interchangeable import symmetric_sorts
from quorate.checker.ground.packed_states import PackedStates
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import (
    Map,
    ModelError,
    Nat,
    Protocol,
    Set,
    SizeError,
    Sizes,
    Sort,
    action,
    constraint,
    durable,
    init,
    invariant,
    reachable,
    require,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import State
from quorate.model.paxos import Acceptor, Ballot, Paxos, Prepare, Value

from ...support.comparing.searches import compare
from ...support.comparing.symmetry import agree as agree_with_symmetry
from ...support.comparing.symmetry import anonymous
from ...support.examples import share, some
from ...support.searching import explorer
from ...support.strategies import Source, loaded, sized, sources
from ...support.strategies.protocols import generate_start
from .test_cluster import together

pytestmark = pytest.mark.usefixtures("own_cache")


class Node(Sort): ...


class Num(Nat): ...


class Dials(Protocol):
    """Each dial may be turned up, from nearly wherever it is."""

    n: Map[Node, Num] = durable(0)

    @init
    def start(self, f: Map[Node, Num]) -> None:
        require(any(f[a] != 1 for a in Node))
        for a in Node:
            self.n[a] = f[a]

    @action
    def up(self, a: Node) -> None:
        require(self.n[a] < 2)
        self.n[a] = self.n[a] + 1

    @reachable
    def all_up(self) -> bool:
        return all(self.n[a] == 2 for a in Node)

    @reachable
    def none_is_up(self) -> bool:
        return all(self.n[a] == 0 for a in Node)


class Wrong(Dials):
    """A violation among the first states, neither the first nor the last of them."""

    @invariant
    def not_that(self) -> bool:
        return any(self.n[a] == 0 for a in Node) or all(self.n[a] == 2 for a in Node)


class Later(Dials):
    """A violation that is two steps away from some of them."""

    @init
    def start(self, f: Map[Node, Num]) -> None:
        require(all(f[a] == 0 or f[b] == 0 for a in Node for b in Node if a != b))
        for a in Node:
            self.n[a] = f[a]

    @invariant
    def not_that(self) -> bool:
        return not all(self.n[a] >= 1 for a in Node)


class Unclear(Dials):
    """A property is undefined in one of the first states, a goal is met before."""

    @invariant
    def divided(self) -> bool:
        return all(2 // (2 - self.n[a]) >= 0 for a in Node)


class Within(Dials):
    """No steps from some of them."""

    @constraint
    def few(self) -> bool:
        return any(self.n[a] < 2 for a in Node)


class Promising(Paxos):
    """Some ballots are prepared before; what follows from messages still does."""

    marked: Map[Acceptor, Value | None] = durable(None)

    @init
    def start(self, f: Map[Acceptor, Value | None], s: Set[Ballot]) -> None:
        require(all(b != Ballot.never for b in s))
        for a in Acceptor:
            self.marked[a] = f[a]
        for b in s:
            self.sent.add(Prepare(b))


class Broken(Promising):
    """What no message shows is so at first."""

    @init
    def start(self, f: Map[Acceptor, Value | None], b: Ballot) -> None:
        for a in Acceptor:
            if f[a] is not None:
                self.max_bal[a] = b


DIALS = {"Node": 3, "Num": 2}
PAXOS = {"Acceptor": 3, "Ballot": 3, "Value": 2}
TOYS = [Dials, Wrong, Later, Unclear, Within]


@contextmanager
def as_many() -> Iterator[None]:
    """Even few initial states are packed, and judged by compiled code, in small pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_states, "FEW", 0)
        patch.setattr(first_states, "_last", [])
        patch.setattr(packed_states, "TOGETHER", 7)
        patch.setattr(confirm, "FEW", 0)
        patch.setattr(confirm, "SAMPLE", 3)
        yield


@contextmanager
def as_few() -> Iterator[None]:
    """CPython makes and judges each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_states, "FEW", 1 << 40)
        patch.setattr(first_states, "_last", [])
        patch.setattr(confirm, "FEW", 1 << 40)
        yield


Search = Callable[[type[Protocol], Sizes, Path], Exploration]


def breadth_first(**options: object) -> Search:
    def search(protocol: type[Protocol], sizes: Sizes, folder: Path) -> Exploration:
        given = {n: folder / n if v is Path else v for n, v in options.items()}
        for place in (v for v in given.values() if isinstance(v, Path)):
            place.mkdir(exist_ok=True)
        return explorer(protocol, sizes, limit=3_000, **given).run()

    return search


def directed(towards: bool) -> Search:
    return lambda p, sizes, _: Directed(CompiledModel(p, sizes), towards, None, 2_000).run()


def walks(protocol: type[Protocol], sizes: Sizes, _: Path) -> Exploration:
    return Walks(CompiledModel(protocol, sizes), 20, 5).run()


def deadlocks(protocol: type[Protocol], sizes: Sizes, _: Path) -> Exploration:
    search = explorer(protocol, sizes, limit=3_000).search
    return Explorer(protocol, sizes, search, deadlock=True).run()


SEARCHES: dict[str, Search] = {
    "one thread": breadth_first(),
    "two threads": breadth_first(threads=2),
    "on disk": breadth_first(memory=1, spill=Path),
    "checkpoint": breadth_first(checkpoint=Path),
    "symmetry": breadth_first(symmetry=True),
    "por": breadth_first(por=True),
    "eager": breadth_first(eager=True),
    "deadlock": deadlocks,
    "depth-first": directed(False),
    "best-first": directed(True),
    "walks": walks,
}


def sizes_of(protocol: type[Protocol]) -> Sizes:
    return protocol.sized({}, **(PAXOS if issubclass(protocol, Paxos) else DIALS))


DAILY = {
    ("Dials", "on disk"),
    ("Dials", "symmetry"),
    ("Wrong", "one thread"),
    ("Wrong", "depth-first"),
    ("Wrong", "walks"),
    ("Later", "por"),
    ("Unclear", "deadlock"),
    ("Within", "two threads"),
}
PAIRS = [
    pytest.param(p, s, marks=() if (p.__name__, s) in DAILY else pytest.mark.exhaustive)
    for p in (*TOYS, Promising)
    for s in SEARCHES
]


@pytest.mark.parametrize(("protocol", "search"), PAIRS)
def test_every_search_finds_the_same(protocol: type[Protocol], search: str, tmp_path: Path) -> None:
    searched_alike(protocol, sizes_of(protocol), search, tmp_path)


def test_what_follows_from_messages_is_searched_alike(tmp_path: Path) -> None:
    """At sizes at which the search is complete."""
    sizes = Promising.sized({}, Acceptor=2, Ballot=2, Value=1)
    found = searched_alike(Promising, sizes, "eager", tmp_path)
    assert found.outcome is Outcome.HOLDS and found.states == 268


def searched_alike(
    protocol: type[Protocol], sizes: Sizes, search: str, tmp_path: Path
) -> Exploration:
    """What a search finds, with few initial states and with many."""
    found = []
    for how in (as_few, as_many):
        folder = tmp_path / how.__name__
        folder.mkdir()
        with how():
            result = SEARCHES[search](protocol, sizes, folder)
        found.append(replace(result, seconds=0, spilled=None))
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("protocol", some(TOYS, [Wrong], lambda p: p.__name__))
def test_shards_of_a_cluster_begin_with_the_same(protocol: type[Protocol]) -> None:
    found = []
    for how in (as_few, as_many):
        with how():
            model = CompiledModel(protocol, sizes_of(protocol))
            found.append([together(model, shards, 50) for shards in (1, 3)])
    assert found[0] == found[1]


def test_the_states_are_numbered_alike() -> None:
    """Those of the reference come in this order, and the graph has the same roots."""
    with as_many():
        whole = Explorer(Dials, sizes_of(Dials))
        whole.run()
        assert isinstance(whole.initial.states, PackedStates)
        assert StateGraph(whole).initial == len(whole.initial) == 26
    found = explore_reference(Dials, sizes_of(Dials))
    with whole.sizes:
        assert found.states == whole.store.count
        first = [whole.state(k) for k in range(26)]
        assert first == whole.interpreter.initial()


def test_orbits_come_in_the_same_order() -> None:
    rows = []
    for how in (as_few, as_many):
        with how(), sizes_of(Dials) as sizes:
            assert symmetric_sorts(describe(Dials), sizes) == (Node,)
            starts = CompiledModel(Dials, sizes, symmetry=True).initial()
            rows.append((list(starts.states), starts.rows.tolist()))
    assert rows[0] == rows[1] and 0 < len(rows[0][0]) < 26


def test_what_follows_from_messages_has_no_bits() -> None:
    with as_many(), sizes_of(Promising) as sizes:
        model = CompiledModel(Promising, sizes)
        assert model.kernel.layout.determined
        starts = model.initial()
        assert isinstance(starts.states, PackedStates)
        assert starts.states.packing.layout.words > model.kernel.words
        assert [model.packed(s).tolist() for s in starts.states] == starts.rows.tolist()


def test_what_does_not_follow_at_first_is_refused() -> None:
    """Also if the runs on which guesses are tried do not show it."""
    with as_many(), sizes_of(Broken) as sizes:
        guesses = tuple(some[0] for some in candidates(describe(Broken)).values())
        wrong = derived_proof.unproved(describe(Broken), sizes, guesses)
        assert "max_bal" in {d.target for d in wrong}


# ---------------------------------------------------------------- CPython confirms


def judged(protocol: type[Protocol], monkeypatch: pytest.MonkeyPatch) -> tuple[Exploration, int]:
    """What a search finds, and how many states CPython judges at first."""
    calls = Counter[str]()
    alone = Confirmer.bits

    def counted(self: Confirmer, state: State) -> int:
        calls["bits"] += 1
        return alone(self, state)

    monkeypatch.setattr(Confirmer, "bits", counted)
    with as_many():
        return Explorer(protocol, sizes_of(protocol)).run(), calls["bits"]


def test_python_judges_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    found, calls = judged(Dials, monkeypatch)
    assert found.outcome is Outcome.HOLDS and calls == 3


@pytest.mark.parametrize("protocol", [Wrong, Unclear])
def test_and_the_state_that_ends_the_search(
    protocol: type[Protocol], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, calls = judged(protocol, monkeypatch)
    assert found.depth <= 1 and not found.path and 0 < calls <= 4
    assert (found.violated, found.undefined is None) in [("not_that", True), (None, False)]


@pytest.mark.parametrize(("protocol", "said"), [(Wrong, "CPython not"), (Dials, "wrongly")])
def test_a_kernel_that_disagrees_is_a_bug(
    protocol: type[Protocol], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if CPython found nothing bad in any state, and all goals in each."""
    goals = 0 if protocol is Wrong else 0b11
    with as_many(), pytest.raises(ExplorationError, match=said):
        monkeypatch.setattr(confirm, "SAMPLE", 0 if protocol is Wrong else 3)
        monkeypatch.setattr(Confirmer, "bits", lambda self, state: goals)
        Explorer(protocol, sizes_of(protocol)).run()


# ---------------------------------------------------------------- generated protocols


def agree(source: Source) -> str:
    with loaded(source) as protocol, as_many():
        try:
            describe(protocol)
            sizes = sized(protocol, source)
        except (ModelError, SizeError):
            return "rejected"
        return compare(protocol, sizes)


@pytest.mark.exhaustive
@given(sources())
@share(16)
def test_generated_protocols_agree_with_python(source: Source) -> None:
    event(agree(source))


def agree_reduced(source: Source) -> str:
    with loaded(anonymous(source)) as protocol, as_many():
        try:
            describe(protocol)
            return agree_with_symmetry(protocol, sized(protocol, source), limit=400)
        except (ModelError, SizeError):
            return "rejected"


def test_generated_starts() -> None:
    fates = Counter(agree(generate_start(Random(seed))) for seed in range(4))
    assert fates["holds"] + fates["violated"] > 1, fates


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(1_000, 1_600, 100))
def test_many_generated_starts(start: int) -> None:
    for seed in range(start, start + 100):
        agree(generate_start(Random(seed)))
        agree_reduced(generate_start(Random(seed)))


@pytest.mark.parametrize("symmetry", [False, True])
def test_no_initial_state(symmetry: bool) -> None:
    class Never(Dials):
        @init
        def start(self, f: Map[Node, Num]) -> None:
            require(all(f[a] == 0 and f[a] == 1 for a in Node))
            for a in Node:
                self.n[a] = f[a]

    with as_many():
        search = explorer(Never, Never.sized({}, **DIALS), symmetry=symmetry)
        assert search.kernel.reducing == symmetry
        found = search.run()
    assert (found.states, found.depth, found.outcome) == (0, 0, Outcome.HOLDS)
