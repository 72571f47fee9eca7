"""A witness says why an invariant is false; what it says is so, or it says nothing."""

from __future__ import annotations

import linecache
import sys
from types import ModuleType
from typing import Any

import pytest

from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.tracing.witness import NoWitnessError, witness
from quorate.model.language.interpreter import Interpreter

MODEL = """\
from quorate.model.language import *

class P(Sort): ...
class N(Nat): ...

NEVER = 2

class Base(Protocol):
    n: Map[P, N] = durable(0)

    @define
    def large(self, p: P, at: N) -> bool:
        return self.n[p] >= at

class Odd(Base):
    @define
    def large(self, p: P, at: N) -> bool:
        return super().large(p, at) and at > 0

    @action
    def up(self, p: P) -> None:
        require(any(self.n[p] < t for t in N))
        self.n[p] = self.n[p] + 1

    @invariant
    def fine(self) -> bool:
{body}
"""
BODIES = [
    ("return all(self.n[p] < 1 for p in P)", "n[p0] = 1 >= 1"),
    ("return all(self.n[p] == 0 for p in P)", "n[p0] is 1, not 0"),
    ("return all(self.n[p] < 1 or NEVER == self.n[p] for p in P)", "n[p0] is 1, not 2"),
    (
        "return all(self.n[q] + 1 > self.n[p] for p in P for q in P)",
        "n[p1] + 1 and n[p0] are both 1",
    ),
    (
        "return all(self.n[p] == (self.n[p] == 3) for p in P)",
        "n[p0] is 1 and (n[p0] == 3) is False",
    ),
    ("return all(self.n[p] == self.n[q] for p in P for q in P)", "n[p0] is 1 and n[p1] is 0"),
    ("return all(p == q for p in P for q in P if self.n[p] > self.n[q])", ", but p0 is not p1"),
    ("return not any(self.n[p] == 1 for p in P)", "n[p0] is 1"),
    (
        "return any(self.n[p] == 0 for p in P if self.n[p] < 2) and not any(self.n[p] for p in P)",
        "n[p0]",
    ),
    ("return not any(0 < self.n[p] < 2 for p in P)", "n[p0] = 1 > 0 and n[p0] = 1 < 2"),
    ("return not any(self.large(p, 1) for p in P)", "large(p0, 1), since n[p0] = 1 >= 1"),
    ("return not all(self.n[p] > 0 for p in P)", "n[p] > 0 for every p in P"),
    ("return not (all(self.n[p] > 0 for p in P) and True)", "n[p] > 0 for every p in P"),
    ("return not any(self.large(at=1, p=p) for p in P)", "large(at=1, p=p0), since "),
    ("if any(self.n[p] > 0 for p in P):\n    return False\nreturn True", "n[p0] = 1 > 0"),
    ("x, y = 1, 2\nreturn all(self.n[p] < x for p in P) or y < x", "n[p0] = 1 >= 1"),
    ("return all(a < b for a, b in [(self.n[p], 1) for p in P])", "1 >= 1"),
    ("return not (m := max(self.n[p] for p in P)) or m < 1", "not (not (m := max("),
    (
        "return all(not isinstance(self.n[p] or None, int) for p in P)",
        "(n[p0] or None) = 1 is an int",
    ),
    ("return all(enabled(self.up, p) for p in P)", "up(p0) is not enabled"),
    ("return sum(1 for p in P if self.n[p] > 0) < 1", "sum(1 for p in P if n[p] > 0) = 1 >= 1"),
    ("def g(x): return x < 1\nreturn all(g(self.n[p]) for p in P)", "not g(n[p0])"),
    ("return all(self.n[p] in {0, 2} for p in P)", "n[p0] = 1 is not in {0, 2}"),
    ("p = 3\nreturn all(self.n[p] < 1 for p in P) and p == 3", "n[p0] = 1 >= 1"),
]


def state_of(body: str) -> tuple[Any, ...]:
    """A protocol with this invariant, its sizes, and a state that violates it."""
    text = MODEL.format(body="\n".join(f"        {line}" for line in body.splitlines()))
    name = f"witness_{abs(hash(body))}"
    module = ModuleType(name)
    sys.modules[name] = module
    linecache.cache[f"<{name}>"] = (len(text), None, text.splitlines(keepends=True), f"<{name}>")
    exec(compile(text, f"<{name}>", "exec"), vars(module))
    protocol = module.Odd
    sizes = protocol.sized(P=2, N=2)
    found = explore_reference(protocol, sizes)
    assert found.violated == "fine" and found.path
    return protocol, sizes, found.path[-1].state


class _Property:
    name = "fine"


def said(body: str) -> str:
    protocol, sizes, state = state_of(body)
    with sizes:
        return witness(None, _Property, state, Interpreter(protocol, sizes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("body", "text"), BODIES)
def test_what_it_says(body: str, text: str) -> None:
    assert text in said(body)


def test_what_it_cannot_take_apart_is_left_out() -> None:
    with pytest.raises(NoWitnessError, match="a `for` that returns"):
        said("for p in P:\n    if self.n[p] > 0: return False\nreturn True")
