"""Cells that follow from the messages: what is found without them is what is found with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.explore import kernel
from quorate.checker.explore.codegen import cache
from quorate.checker.explore.reduction import derived as d
from quorate.checker.explore.reduction.derived_proof import unproved
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.dependency import Dependency
from quorate.checker.ground.guesses import candidates
from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.checker.prove.bounded.states import check_states
from quorate.checker.refine.images import mask
from quorate.model.flexible_paxos import FlexiblePaxos
from quorate.model.language import Protocol, Sizes, constraint
from quorate.model.language.description import describe
from quorate.model.language.ir import core as c
from quorate.model.multipaxos import MultiPaxos
from quorate.model.mutants import MUTANTS, Mutant
from quorate.model.paxos import Paxos

from ...support.comparing.searches import compare
from ...support.examples import share
from ...support.kernels import own_folder
from ...support.searching import searching
from ...support.strategies import Source, loaded

Made = tuple[Dependency, ...]


pytestmark = pytest.mark.usefixtures("own_cache")


def every(description: c.Description, sizes: Sizes) -> Made:
    """All that can be proved, whether or not it pays."""
    return d.proved(description, sizes, candidates(description))


@contextmanager
def using(found: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "dependencies", found)
        yield


def follows(protocol: type[Protocol], sizes: Sizes) -> list[str]:
    with sizes:
        return [str(x) for x in every(describe(protocol), sizes)]


# ---------------------------------------------------------------- what is found

FOUND = {
    Paxos: ["max_bal", "max_vbal", "max_val", "Promise.vb, Promise.v"],
    FlexiblePaxos: ["max_bal", "max_vbal", "max_val", "Promise.vb, Promise.v"],
    MultiPaxos: ["promised", "voted_ballot", "voted_value"],
}
SIZES: dict[type[Protocol], Sizes] = {
    Paxos: Paxos.sized(Acceptor=3, Ballot=2, Value=2),
    FlexiblePaxos: FlexiblePaxos.sized(Acceptor=3, Ballot=2, Value=2),
    MultiPaxos: MultiPaxos.sized({"crash": 1}, Acceptor=2, Ballot=2, Proposer=1, Slot=1, Value=1),
}
EACH = [
    pytest.param(p, id=p.__name__, marks=() if p is MultiPaxos else pytest.mark.exhaustive)
    for p in FOUND
]


@pytest.mark.parametrize("protocol", EACH)
def test_the_bundled_ones(protocol: type[Protocol]) -> None:
    """The same states in the same order, with what follows and without."""
    sizes = SIZES[protocol]
    assert follows(protocol, sizes) == FOUND[protocol]
    with using(lambda *_: ()):
        whole = Explorer(protocol, sizes)
        expected = whole.run()
    with using(every):
        less = Explorer(protocol, sizes)
        found = less.run()
    assert less.kernel.layout.bits < whole.kernel.layout.bits
    assert (found.states, found.transitions, found.depth, found.outcome) == (
        expected.states,
        expected.transitions,
        expected.depth,
        expected.outcome,
    )
    assert (found.fired, found.reached, found.guards) == (
        expected.fired,
        expected.reached,
        expected.guards,
    )
    with sizes:
        for k in range(0, found.states, max(1, found.states // 500)):
            state = less.state(k)
            assert state == whole.state(k)
            assert np.array_equal(less.packing.pack(state), less.store.row(k))


@pytest.mark.exhaustive
def test_only_where_it_pays() -> None:
    """At one word a state nothing is left out; where it saves a word all is that can be."""
    small = Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=2, Value=2))
    assert small.kernel.layout.determined == () and small.kernel.layout.bits == 60
    large = Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=4, Value=2))
    assert [str(x) for x in large.kernel.layout.determined] == FOUND[Paxos]
    assert (large.kernel.layout.bits, large.kernel.words) == (48, 1)


def test_every_state_by_z3() -> None:
    """The states that were found are those that Z3 is asked about."""
    with using(every):
        explorer = Explorer(Paxos, SIZES[Paxos])
        explorer.run()
        assert {s.status for s in check_states(explorer)} == {ObligationStatus.PROVED}


def test_what_a_mapping_looks_at() -> None:
    """A mapping that looks at what follows looks at the messages that it follows from."""
    with using(every):
        layout = Explorer(Paxos, SIZES[Paxos]).kernel.layout
    accepted = next(m for m in layout.messages.values() if m.record.__name__ == "Accepted")
    bits = 0
    for i in range(accepted.keys):
        bits |= 1 << accepted.kept.place(i)[1]
    assert mask(layout, {("max_vbal", None)}).tolist() == [bits]


@pytest.mark.parametrize(
    "protocol",
    [
        MultiPaxos,
        *(pytest.param(p, marks=pytest.mark.exhaustive) for p in FOUND if p is not MultiPaxos),
    ],
    ids=lambda p: p.__name__,
)
def test_with_symmetry(protocol: type[Protocol]) -> None:
    """As many orbits, of as many states."""
    with using(lambda *_: ()):
        expected = Explorer(protocol, SIZES[protocol], symmetry=True).run()
    with using(every):
        found = Explorer(protocol, SIZES[protocol], symmetry=True).run()
    assert found.orbits == expected.orbits and found.orbits is not None
    assert (found.states, found.transitions, found.depth) == (
        expected.states,
        expected.transitions,
        expected.depth,
    )


@pytest.mark.exhaustive  # of what is generated, below, some is violated too
@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda m: m.name)
def test_mutants(mutant: Mutant) -> None:
    """What breaks, and after how many steps, is the same; at 30,000 states if it takes more."""
    if not candidates(describe(mutant.protocol)):  # not asked of all whenever tests are collected
        pytest.skip("nothing is guessed to follow")
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    found = []
    for make in (every, lambda *_: ()):
        with using(make):
            e = Explorer(mutant.protocol, sizes, searching(limit=30_000)).run(coverage=False)
            found.append((e.outcome, e.states, e.transitions, e.depth, e.violated, e.path))
    assert found[0] == found[1]


# ---------------------------------------------------------------- what does not follow

CARELESS = """
from quorate.model.language import *

class Node(Sort): ...
class Rank(Ordered, bottom="never"): ...

class Told(Message):
    a: Node
    b: Rank

class Proto(Protocol):
    last: Map[Node, Rank] = durable(Rank.never)
    sent: Messages[Told]

    @action
    def tell(self, a: Node, b: Rank) -> None:
        {guard}
        self.sent.add(Told(a, b))
        self.last[a] = b
"""
GUARDED = CARELESS.format(guard="require(self.last[a] < b)")
UNGUARDED = CARELESS.format(guard="require(Told(a, b) not in self.sent)")


def careless(text: str) -> Source:
    return Source(text, {"Node": 2}, {})


def test_a_guess_that_holds_only_at_a_smaller_size() -> None:
    """With one rank the last message is the highest; with two it need not be."""
    with loaded(careless(UNGUARDED)) as protocol:
        one, two = (protocol.sized(Node=2, Rank=n) for n in (1, 2))
        with one:
            guess = every(describe(protocol), one)
            assert [x.variable for x in guess] == ["last"]
            assert unproved(describe(protocol), one, guess) == []
        with two:
            assert unproved(describe(protocol), two, guess) == list(guess)
            assert every(describe(protocol), two) == ()
        with using(every):
            assert Explorer(protocol, two).run().states == compared(protocol, two)
    with loaded(careless(GUARDED)) as protocol:
        assert follows(protocol, protocol.sized(Node=2, Rank=3)) == ["last"]


def compared(protocol: type[Protocol], sizes: Sizes) -> int:
    with using(lambda *_: ()):
        return Explorer(protocol, sizes).run().states


def test_runs_and_proof_refuse_it_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d, "_some_states", lambda *_: [])
    with loaded(careless(UNGUARDED)) as protocol:
        assert follows(protocol, protocol.sized(Node=2, Rank=2)) == []


VOLATILE = (
    GUARDED.replace("durable(", "volatile(").replace(
        "class Proto(Protocol):", "class Proto(Protocol):\n    faults = {'crash': 1}\n"
    )
    + """
    @action(fault="crash")
    def lose(self, a: Node) -> None:
        self.crash(a)
"""
)


def test_what_a_crash_loses_does_not_follow() -> None:
    with loaded(careless(VOLATILE)) as protocol:
        assert follows(protocol, protocol.sized({"crash": 1}, Node=2, Rank=2)) == []


def test_no_proof_no_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Z3 does not decide in time is kept."""
    from quorate.checker.explore.reduction import derived_proof as dependent

    monkeypatch.setattr(dependent, "MOST_INSTANCES", 1)
    assert follows(Paxos, SIZES[Paxos]) == []


def test_remembered(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was proved is not proved again; a torn file is."""
    own_folder(tmp_path, monkeypatch)
    sizes = Paxos.sized(Acceptor=3, Ballot=3, Value=1)
    with sizes:
        found = d.dependencies(describe(Paxos), sizes)
        (file,) = (tmp_path / "dependencies").iterdir()
        kept = file.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(d, "proved", None)
            assert d.dependencies(describe(Paxos), sizes) == found
        for torn in (b"", kept[:-1]):
            file.write_bytes(torn)
            assert d.dependencies(describe(Paxos), sizes) == found
            assert file.read_bytes() == kept
        for foreign in (b"[0]", b'{"a": 1}', b"[9, 9, 9, 9]", b"[0, 0, 0,"):
            cache.keep(f"dependencies/{file.name}", foreign)
            assert d.dependencies(describe(Paxos), sizes) == found
            assert file.read_bytes() == kept


# ---------------------------------------------------------------- generated

HEAD = """
from quorate.model.language import *

class Node(Sort): ...
class Item(Sort): ...
class Rank(Ordered, bottom="never"): ...

class Ask(Message{ask}):
    b: Rank
    v: Item

class Told(Message):
    a: Node
    b: Rank
    v: Item

class Report(Message, key=("a", "b")):
    a: Node
    b: Rank
    vb: Rank
    v: Item | None

class Proto(Protocol):
    faults = {{"crash": 1}}
    seen: Map[Node, Rank] = durable(Rank.never)
    voted: Map[Node, Rank] = {keeping}(Rank.never)
    item: Map[Node, Item | None] = durable(None)
    done: Map[Node, bool] = durable(False)
    sent: Messages[Ask, Told, Report]
"""
GUARDS = [
    "self.seen[a] < b",
    "self.seen[a] <= b",
    "self.voted[a] < b",
    "not self.done[a]",
    "not any(m.a == a and m.b == b for m in self.sent[Told])",
    "any(m.b == b for m in self.sent[Ask])",
]


def protocols() -> st.SearchStrategy[Source]:
    return st.randoms(use_true_random=False).map(teller)


def teller(r: Random) -> Source:
    """Like acceptors: they tell what they write, most of the time."""

    def guards(some: list[str]) -> list[str]:
        return [f"require({g})" for g in some if r.random() < 0.45]

    def writes(values: dict[str, str]) -> list[str]:
        return [f"self.{x}[a] = {e}" for x, e in values.items() if r.random() < 0.7]

    def method(head: str, body: list[str]) -> str:
        kind = r.random()
        if kind < 0.15:  # under a condition
            body = ["if self.voted[a] < b:", *(f"    {x}" for x in body)]
            body = [x for x in body if "require" not in x]
        return "".join(f"{' ' * 8}{x}\n" for x in body).join(
            [f"\n    @action\n    def {head} -> None:\n", ""]
        )

    keyed = r.choice(["", ', key="b"'])
    text = HEAD.format(ask=keyed, keeping=r.choice(["durable", "durable", "volatile"]))
    unasked = "not any(m.b == b for m in self.sent[Ask])"
    ask = [f"require({unasked})", "self.sent.add(Ask(b, v))"]
    text += "".join(
        ["\n    @action\n    def ask(self, b: Rank, v: Item) -> None:\n"]
        + [f"        {x}\n" for x in ask]
    )
    told = [
        *(["require(Ask(b, v) in self.sent)"] if r.random() < 0.8 else []),
        *(guards(GUARDS) or ["require(self.seen[a] <= b)"]),
        "self.sent.add(Told(a, b, v))",
        *writes({"seen": "b", "voted": "b", "item": "v", "done": "True"}),
    ]
    text += method("tell(self, a: Node, b: Rank, v: Item)", told)
    if r.random() < 0.8:
        report = [
            *(["require(self.seen[a] < b)"] if r.random() < 0.8 else guards(GUARDS)),
            "require(not any(m.a == a and m.b == b for m in self.sent[Report]))",
            "self.sent.add(Report(a, b, self.voted[a], self.item[a]))",
            *writes({"seen": "b", "done": "True"}),
        ]
        text += method("report(self, a: Node, b: Rank)", report)
    if r.random() < 0.15:
        text += "\n    @action\n    def forget(self, a: Node) -> None:\n"
        text += "        self.item[a] = None\n"
    text += '\n    @action(fault="crash")\n    def lose(self, a: Node) -> None:\n'
    text += "        self.crash(a)\n" if "volatile" in text else "        self.done[a] = False\n"
    if "volatile" not in text and r.random() < 0.7:
        text = text[: text.index('\n    @action(fault="crash")')].replace(
            '    faults = {"crash": 1}\n', ""
        )
    some = r.choice(
        ["self.voted[a] <= self.seen[a]", "self.voted[a] == Rank.never or self.done[a]"]
    )
    text += "\n    @invariant\n    def sound(self) -> bool:\n"
    text += f"        return all({some} for a in Node)\n"
    text += "\n    @reachable\n    def all_done(self) -> bool:\n"
    text += "        return all(self.item[a] is not None for a in Node)\n"
    ranks = r.choice([1, 2])
    faults = {"crash": 1} if "faults" in text else {}
    return Source(text, {"Node": r.choice([1, 2]), "Item": r.choice([1, 2]), "Rank": ranks}, faults)


def agree(source: Source, limit: int) -> str:
    with loaded(source) as protocol, using(every):
        sizes = protocol.sized(source.faults, **source.sizes)
        return f"{compare(protocol, sizes, limit)}, {len(follows(protocol, sizes))} follow"


class Confined(Paxos):
    @constraint
    def nowhere(self) -> bool:
        return False


def test_what_follows_does_so_outside_a_constraint(cache: Path) -> None:
    """It is kept for the protocol without the constraint, too."""
    sizes, asked = Confined.sized(Acceptor=3, Ballot=3, Value=1), list[c.Description]()
    with sizes, pytest.MonkeyPatch.context() as patch:
        patch.setattr(d, "proved", lambda description, *_: asked.append(description) or ())
        d.dependencies(describe(Confined), sizes)
    assert [p.kind for p in asked[0].properties if p.kind == "constraint"] == []


@given(protocols())
@share(4)
def test_generated_ones_agree_with_python(source: Source) -> None:
    event(agree(source, 400))


@pytest.mark.exhaustive
@given(protocols())
@share(5)
def test_many_generated_ones(source: Source) -> None:
    event(agree(source, 3000))


@pytest.mark.exhaustive
def test_of_those_many_have_something_that_follows() -> None:
    """And not always all there is. Otherwise the comparison above would say little."""
    seen: Counter[int] = Counter()
    for i in range(10):
        source = teller(Random(i))
        with loaded(source) as protocol:
            seen[len(follows(protocol, protocol.sized(source.faults, **source.sizes)))] += 1
    assert len(seen) >= 4 and max(seen) == 5, seen
