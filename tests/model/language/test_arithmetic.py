"""Numbers: products, quotients and remainders, in every reading."""

from __future__ import annotations

import pytest

from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Outcome

from ...support.searching import explorer
from ...support.strategies import Source, loaded

TEXT = """
from quorate.model.language import *

class Num(Nat): ...

class Proto(Protocol):
    a: Num = durable(1)
    b: Num = durable(0)

    @action
    def step(self, n: Num, m: Num) -> None:
        require(m > 0 and (n + 3 * m) // m <= 7)
        self.a = n * m % 5
        self.b = (n + 3 * m) // m

    @invariant
    def halves(self) -> bool:
        return self.a % 2 == self.a - 2 * (self.a // 2) and self.b >= 3 * min(self.b, 1)

    @reachable
    def larger(self) -> bool:
        return self.a * self.b == 28
"""


def test_every_search_computes_as_python_does() -> None:
    with loaded(Source(TEXT, {}, {})) as protocol:
        sizes = protocol.sized(Num=7)
        oracle, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
    assert oracle.outcome is found.outcome is Outcome.HOLDS
    assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
    assert found.states > 10


@pytest.mark.parametrize("text", ["self.a // self.b", "self.a % self.b"])
def test_division_by_0_is_a_mistake_in_the_model(text: str) -> None:
    changed = TEXT.replace("n * m % 5", text)
    with loaded(Source(changed, {}, {})) as protocol:
        sizes = protocol.sized(Num=7)
        for found in (explore_reference(protocol, sizes), explorer(protocol, sizes).run()):
            assert found.outcome is Outcome.UNDEFINED
            assert "division" in str(found.undefined) or "ZeroDivision" in str(found.undefined)
