"""`tuple(x for x in sequence if ...)`, and `frozenset(...)`, in every reading."""

from __future__ import annotations

import pytest

import quorate
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Outcome

from ...support.comparing.modules import reference, spec_of
from ...support.searching import explorer
from ...support.strategies import Source, loaded

QUEUE = """
from quorate.model.language import *

class Node(Sort): ...
class Length(Nat): ...

class Proto(Protocol):
    queue: Seq[Node, Length] = durable(())
    up: Map[Node, bool] = durable(True)

    @action
    def enter(self, n: Node) -> None:
        require(any(len(self.queue) < k for k in Length))
        self.queue += (n,)

    @action
    def fail(self, n: Node) -> None:
        self.up[n] = False

    @action
    def purge(self) -> None:
        kept = tuple(n for n in self.queue[1:] + self.queue[:1] if self.up[n])
        require(len(kept) % 2 + 1 <= len(self.queue))
        self.queue = kept

    @invariant
    def one_of_two_is_the_first(self) -> bool:
        return all(n == m for n in self.queue for m in self.queue) or any(
            tuple(n for n in self.queue if n != m) == self.queue[:1] for m in Node
        )
"""
SETS = """
from quorate.model.language import *

class Node(Sort): ...

class Proto(Protocol):
    up: Map[Node, bool] = durable(True)
    views: Set[tuple[Set[Node], Node]] = durable(frozenset())

    @action
    def fail(self, n: Node) -> None:
        self.up[n] = False
        self.views = self.views | {(frozenset(m for m in Node if self.up[m]), n)}

    @invariant
    def who_fails_is_in_no_view(self) -> bool:
        return all((frozenset({n}), n) not in self.views for n in Node)
"""


@pytest.mark.parametrize(("text", "counts"), [(QUEUE, (28, 100)), (SETS, (7, 14))])
def test_all_readings_agree(text: str, counts: tuple[int, int]) -> None:
    with loaded(Source(text, {}, {})) as protocol:
        sizes = protocol.sized(**dict.fromkeys(protocol.sorts(), 2))
        oracle = explore_reference(protocol, sizes)
        found = explorer(protocol, sizes).run()
        assert oracle.outcome is found.outcome is Outcome.HOLDS
        assert (oracle.states, oracle.transitions) == (found.states, found.transitions) == counts
        assert explorer(protocol, sizes, symmetry=True).run().full_states == found.states
        assert spec_of(protocol, sizes).explore() == reference(protocol, sizes, 1000)


def test_what_the_module_and_the_proof_say() -> None:
    with loaded(Source(QUEUE, {}, {})) as protocol:
        module = quorate.export_tla(protocol).module
        proof = quorate.prove(protocol, refute=False)
    assert "(Len(kept) % 2) + 1 <= Len(queue)" in module  # TLA+ has no order between % and +
    assert "SelectSeq(queue, LAMBDA n : n # m)" in module
    assert "filters of sequences" in repr(proof) and not proof.holds


def test_what_is_undefined_is_where_a_name_is_bound() -> None:
    text = QUEUE.replace(
        "require(len(kept) % 2", "k = len(kept) - 1\n        require(k * 0 + len(kept) % 2"
    )
    with loaded(Source(text, {}, {})) as protocol:
        found = explorer(protocol, protocol.sized(Node=1, Length=1)).run()
    assert found.undefined is not None and found.undefined.what == "a number below 0"
    assert found.undefined.span.line == 1 + text[: text.index("k = len")].count("\n")
