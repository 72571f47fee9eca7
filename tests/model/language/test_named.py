"""Elements with names of their own, elements in a circle, and the letters of sorts."""

from __future__ import annotations

from textwrap import dedent

import pytest

import quorate
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.export.tla import export
from quorate.checker.results import Outcome
from quorate.model.language import Ordered, Ring, SizeError, Sort

from ...support.searching import explorer
from ...support.strategies import Source, loaded

TREE = """
from quorate.model.language import *

class Node(Sort, named=("root", "spare")): ...

class Proto(Protocol):
    parent: Map[Node, Node | None] = durable(None)
    up: Map[Node, bool] = durable(True)

    @action
    def join(self, n: Node, p: Node) -> None:
        require(n != Node.root and self.parent[n] is None)
        require(p == Node.root or (self.parent[p] is not None and p != Node.spare))
        self.parent[n] = p

    @action
    def fail(self, n: Node) -> None:
        require(n != Node.root and self.parent[n] is not None)
        self.up[n] = False

    @invariant
    def root_is_up(self) -> bool:
        return self.up[Node.root] and all(self.parent[n] != n for n in Node)
"""

CIRCLE = """
from quorate.model.language import *

class Node(Ring): ...

class Proto(Protocol):
    at: Node | None = durable(None)
    rounds: Map[Node, bool] = durable(False)

    @action
    def begin(self, n: Node) -> None:
        require(self.at is None)
        self.at = n.prev

    @action
    def move(self) -> None:
        at = self.at
        require(at is not None)
        self.rounds[at] = True
        self.at = at.next.next if self.rounds[at.next] else at.next

    @invariant
    def circle(self) -> bool:
        return all(n.next.prev == n and n.prev.next == n for n in Node)
"""


FIXED = """
from quorate.model.language import *

class Node(Sort, named="root"): ...

class Proto(Protocol):
    parent: Const[Map[Node, Node | None]] = durable(None)
    told: Map[Node, bool] = durable(False)

    @init
    def star_or_line(self, m: Node) -> None:
        for n in Node:
            if n != Node.root:
                self.parent[n] = Node.root if n == m or m == Node.root else m

    @action
    def tell(self, n: Node) -> None:
        parent = self.parent[n]
        require(not self.told[n] and (parent is None or self.told[parent]))
        self.told[n] = True

    @invariant
    def the_root_first(self) -> bool:
        return self.told[Node.root] or not any(self.told[n] for n in Node)
"""


@pytest.mark.parametrize(("text", "size"), [(TREE, 4), (CIRCLE, 1), (CIRCLE, 3), (FIXED, 4)])
def test_all_ways_of_exploring_agree(text: str, size: int) -> None:
    with loaded(Source(text, {}, {})) as protocol:
        sizes = protocol.sized(Node=size)
        oracle, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
    assert oracle.outcome is found.outcome is Outcome.HOLDS
    assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
    assert found.states > size


def test_the_elements_without_names_are_interchangeable() -> None:
    with loaded(Source(TREE, {}, {})) as protocol:
        sizes = protocol.sized(Node=5)
        whole = explorer(protocol, sizes).run()
        found = explorer(protocol, sizes, symmetry=True).run()
        assert found.orbits is not None and found.orbits.permutations == 6
        assert found.full_states == whole.states > found.states
        text = export(protocol, sizes).module
        assert "n # root" in text and "Permutations" not in text
        assert quorate.prove(protocol).holds


def test_what_is_fixed_is_permuted_with_the_elements() -> None:
    with loaded(Source(FIXED, {}, {})) as protocol:
        assert [v.constant for v in protocol.variables().values()] == [True, False]
        sizes = protocol.sized(Node=4)
        found = explorer(protocol, sizes, symmetry=True).run()
        with sizes:
            assert len(explorer(protocol, sizes).interpreter.initial()) == 4
        assert (found.orbits.permutations, found.full_states) == (6, 27)
        assert "UNCHANGED parent" in export(protocol, sizes).module


def test_an_invariant_may_favour_a_name() -> None:
    """With all permutations this would be missed, or found where it does not hold."""
    text = TREE.replace("self.up[Node.root]", "self.up[Node.spare]")
    with loaded(Source(text, {}, {})) as protocol:
        sizes = protocol.sized(Node=4)
        found = [explorer(protocol, sizes, symmetry=x).run() for x in (False, True)]
    assert {(x.outcome, x.depth) for x in found} == {(Outcome.VIOLATED, 2)}


def test_a_constant_without_a_name_favours_an_element() -> None:
    text = TREE.replace("class Proto", "third = Node(2)\n\nclass Proto")
    text = text.replace("p == Node.root or", "p == Node.root or p == third or")
    with loaded(Source(text, {}, {})) as protocol:
        found = explorer(protocol, protocol.sized(Node=5), symmetry=True).run()
    assert found.orbits is not None and found.orbits.permutations == 1


def test_there_are_at_least_as_many_as_have_names() -> None:
    with loaded(Source(TREE, {}, {})) as protocol:
        assert [repr(n) for n in protocol.sized(Node=3).elements[protocol.sorts()["Node"]]] == [
            "root",
            "spare",
            "n2",
        ]
        with pytest.raises(SizeError, match=r"at least 2 \(root, spare\)"):
            protocol.sized(Node=1)


def test_names_that_are_not_free_are_refused() -> None:
    with pytest.raises(TypeError, match="named='index'"):

        class Odd(Sort, named="index"): ...

    with pytest.raises(TypeError, match="nothing is below a circle"):

        class Circle(Ring, bottom="never"): ...


def test_sorts_of_one_letter_get_two() -> None:
    text = """
    from quorate.model.language import *

    class Proposer(Sort): ...
    class Process(Sort): ...
    class Place(Ordered): ...
    class Quorum(Majority[Process]): ...

    class Proto(Protocol):
        seen: Map[Proposer, Process, Place, bool] = durable(False)

        @action
        def look(self, p: Proposer, q: Process, x: Place) -> None:
            self.seen[p, q, x] = True
    """
    with loaded(Source(dedent(text), {}, {})) as protocol:
        assert [s.short for s in protocol.sorts().values()] == ["pl", "pr", "p"]
        assert quorate.check(protocol, sizes={"Proposer": 1, "Process": 1, "Place": 1}).states == 2


def test_letters_of_other_scopes_are_not_taken() -> None:
    class Node(Sort): ...

    class Number(Ordered): ...

    assert (Node.short, Number.short) == ("n", "nu")
    for _ in range(2):

        class Name(Sort): ...

        assert Name.short == "na"
