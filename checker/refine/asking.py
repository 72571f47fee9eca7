"""A question to Z3 in two ways: by marked instances, as proofs for any size ask, then as it stands.

Marked instances are quick and always end. What they do not reach, such as a quorum to be found for
each proposal, Z3 finds by models (Ge, de Moura: Complete Instantiation for Quantified Formulas in
Satisfiability Modulo Theories, CAV 2009), if the hypotheses are few: those are tried in small sets.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from quorate.checker.prove.unbounded import Answer
from quorate.checker.prove.unbounded.axioms import axioms
from quorate.checker.prove.unbounded.logic import All, And, Formula, Or, Some, plain
from quorate.checker.prove.unbounded.queries import Asker
from quorate.checker.prove.unbounded.vocabulary import Vocabulary

# How much Z3 may do with one set of hypotheses; its own units, about a million a second.
EFFORT, LITTLE = 2_500_000, 500_000
ROUNDS = (300_000, 1_200_000)  # the same for marked instances: little at first, then more


class _Marked(Asker):
    """Asks by marked instances, each way once, with so much effort."""

    effort: int = ROUNDS[0]

    def _schedule(self, ways: int) -> Iterator[tuple[int, int]]:
        for number in range(ways):
            yield number, self.effort


@dataclass
class Questioner:
    """Asks Z3, with the axioms of one vocabulary; make all formulas first, they bring symbols in.

    `timeout` bounds one question, in seconds.
    """

    vocabulary: Vocabulary
    seed: int
    timeout: float

    def __post_init__(self) -> None:
        self.marked = _Marked(self.vocabulary, self.seed, self.timeout)
        self.axioms = [written(f) for f in axioms(self.vocabulary).values()]

    def refuted(
        self, query: Formula, *tried: Mapping[str, Formula], quick: bool = False
    ) -> tuple[str, ...] | None:
        """The hypotheses that rule the query out, by marked instances; None if they do not.

        Each of the sets of hypotheses `tried` is given little effort before any is given more;
        `quick`: none is.
        """
        if query is False:
            return ()
        ends = time.perf_counter() + self.timeout
        pending = [t for i, t in enumerate(tried) if t not in tried[:i]]
        for self.marked.effort in ROUNDS[:1] if quick else ROUNDS:
            for hypotheses in [*pending]:
                self.marked.timeout = max(0.001, ends - time.perf_counter())
                found = self.marked.ask(hypotheses, query)
                if found.answer is Answer.PROVED:
                    return found.used
                if found.answer is Answer.NOT_PROVED:  # more effort would not help
                    pending.remove(hypotheses)
        return None

    def searched(
        self, query: Formula, hypotheses: Mapping[str, Formula], own: str | None = None
    ) -> tuple[str, ...] | None:
        """At most two hypotheses (and `own`) that rule the query out; None if none are found."""
        ends = time.perf_counter() + self.timeout
        solver = z3.Solver()
        solver.set("random_seed", self.seed)
        solver.add(*self.axioms, written(query))
        texts = {n: written(f) for n, f in hypotheses.items()}
        if self._check(solver, texts.values(), ends, LITTLE) == z3.sat:
            return None  # all of them together do not rule it out
        fixed = [own] if own is not None else []
        others = [n for n in reversed(texts) if n != own]
        for size in range(3):
            for chosen in itertools.combinations(others, size):
                names = [*fixed, *chosen]
                if self._check(solver, [texts[n] for n in names], ends) == z3.unsat:
                    return tuple(n for n in texts if n in names)
                if time.perf_counter() > ends:
                    return None
        return None

    def _check(self, solver: Any, given: Iterable[Any], ends: float, effort: int = EFFORT) -> Any:
        solver.push()
        solver.set("timeout", max(1, int(1000 * (ends - time.perf_counter()))))
        solver.set("rlimit", effort)
        solver.add(*given)
        found = solver.check()
        solver.pop()
        return found


def written(f: Formula) -> Any:
    """A formula for Z3, without any hint."""
    match f:
        case And(parts):
            return z3.And(*map(written, parts))
        case Or(parts):
            return z3.Or(*map(written, parts))
        case All(variables, body):
            return z3.ForAll(list(variables), written(body))
        case Some(variables, body):
            return z3.Exists(list(variables), written(body))
    return plain(f)
