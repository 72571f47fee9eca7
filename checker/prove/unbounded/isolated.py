"""A Z3 solver in a context of its own: its answer depends on what it is asked, and on nothing else.

Z3 numbers terms in the order in which a context comes to know them, and what it makes up by a
counter of the context. The order of its search depends on both, and so does where it gives up. So
terms are copied: here they are numbered in the order in which they are asserted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from quorate.checker.smt.context import Context

# Z3 writes `(_ c c)` for a constant `c` of a datatype; nobody else reads that.
OF_DATATYPES = re.compile(r"\(_ (\|[^|]*\||[^\s()|]+) \1\)")


class IsolatedSolver:
    """A solver that `make` makes, as `z3.SimpleSolver` does, for terms of any context."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self.context = Context()
        self._solver = make(ctx=self.context)

    def add(self, *terms: Any) -> None:
        """Assert terms and truth values."""
        self._solver.add(*self._copied(terms))

    def push(self) -> None:
        """Open a scope."""
        self._solver.push()

    def pop(self) -> None:
        """Close the innermost scope."""
        self._solver.pop()

    def check(self, *assumptions: Any) -> Any:
        """Z3's answer, where these variables hold."""
        return self._solver.check(*self._copied(assumptions))

    def unsat_core(self) -> frozenset[str]:
        """The names of the assumptions that `unsat` rests on."""
        return frozenset(p.decl().name() for p in self._solver.unsat_core())

    def set(self, name: str, value: Any) -> None:
        """Set a parameter."""
        self._solver.set(name, value)

    def reason_unknown(self) -> str:
        """Why the answer is `unknown`."""
        return str(self._solver.reason_unknown())

    def statistics(self) -> Any:
        """What Z3 has counted."""
        return self._solver.statistics()

    def text(self) -> str:
        """What is asserted, as SMT-LIB."""
        return OF_DATATYPES.sub(r"\1", str(self._solver.to_smt2()))

    def _copied(self, terms: Iterable[Any]) -> list[Any]:
        return [t if isinstance(t, bool) else t.translate(self.context) for t in terms]
