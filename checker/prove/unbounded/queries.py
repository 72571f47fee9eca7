"""A query to Z3: hypotheses by name, the rest, and how it is asked.

The top of a query is taken apart: existentials become constants, an `or` with quantifiers inside
becomes cases of their own, each of which Z3 must refute.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from .axioms import axioms
from .logic import And, Formula, Or, Some, Term, conj, is_quantified
from .markers import Markers
from .verdicts import Answer
from .vocabulary import Vocabulary

MOST_CASES = 32
PROVED = Answer.PROVED
# How much Z3 may do before another way to ask is tried; its own units, about a million a second,
# so that a busy machine changes no answer. 0: as much as the timeout allows.
FIRST, SECOND, ALL = 1_200_000, 4_000_000, 0
SHRINKING_S = 0.5  # for making one set of used hypotheses smaller


@dataclass(frozen=True)
class Result:
    """Z3's answer, the hypotheses that it used, and how many cases there were."""

    answer: Answer
    used: tuple[str, ...]
    cases: int
    seconds: float


@dataclass(frozen=True)
class _Way:
    """A way to ask: the cases, and how wide universals are instantiated (0, 1 or 2)."""

    cases: tuple[tuple[Formula, ...], ...]
    width: int


def _ways(query: Formula) -> list[_Way]:
    """In one go at few instances or at more; case by case; at more instances still."""
    whole = (tuple(opened(query)),)
    split = tuple(map(tuple, cases(query)))
    ways = [_Way(whole, 0), _Way(whole, 1), _Way(split, 1), _Way(whole, 2)]
    return [w for w in ways if w.cases is not split or len(split) > 1]


@dataclass
class Asker:
    """Asks Z3, with the axioms of one vocabulary."""

    vocabulary: Vocabulary
    seed: int
    timeout: float
    shrink: bool = False
    _end: float = 0.0
    _written: dict[tuple[int, bool], tuple[Formula, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.axioms = axioms(self.vocabulary)
        v = self.vocabulary
        self.markers = Markers([v.sorts[s.of] for s in v.members])  # type: ignore[attr-defined]
        self.constants = v.constants()

    def ask(self, hypotheses: Mapping[str, Formula], query: Formula) -> Result:
        """Whether the hypotheses rule the query out."""
        started = time.perf_counter()
        self._end = started + self.timeout
        found, used, count = Answer.NOT_PROVED, set[str](), 1
        failed: set[int] = set()  # ways that ended without a proof: more time would not help
        for number, limit in self._schedule(len(ways := _ways(query))):
            if number not in failed and time.perf_counter() < self._end:
                found, used = self._all(hypotheses, ways[number], limit)
                count = len(ways[number].cases)
                if found is Answer.PROVED:
                    break
                failed |= {number} if found is Answer.NOT_PROVED else set()
        else:
            found = Answer.NOT_PROVED if len(failed) == len(ways) else Answer.UNKNOWN
        order = tuple(n for n in hypotheses if n in used)
        return Result(found, order, count, time.perf_counter() - started)

    def _schedule(self, ways: int) -> Iterator[tuple[int, int]]:
        """Two ways for a moment, then each for a while, then each for as long as may be."""
        yield from ((0, FIRST), (1, FIRST))
        for limit in (SECOND, ALL):
            for number in (*range(1, ways), 0):
                yield number, limit

    def _all(
        self, hypotheses: Mapping[str, Formula], way: _Way, limit: int
    ) -> tuple[Answer, set[str]]:
        used: set[str] = set()
        for parts in way.cases:
            answer, names = self._ask(hypotheses, parts, way.width, limit)
            used |= names
            if answer is not Answer.PROVED:
                return answer, used
        return Answer.PROVED, used

    def _ask(
        self,
        hypotheses: Mapping[str, Formula],
        parts: Sequence[Formula],
        width: int,
        limit: int,
    ) -> tuple[Answer, set[str]]:
        solver = self._solver(limit)
        solver.add(*self._assertions(parts, width))
        switches = {n: z3.Bool(f"uses {n}") for n in hypotheses}
        for name, f in hypotheses.items():
            solver.add(z3.Implies(switches[name], self._hypothesis(f, width)))
        answer = answer_of(solver, list(switches.values()))
        if answer is not Answer.PROVED:
            return answer, set(hypotheses)
        core = self._core(solver, switches)
        return answer, self._shrunk(solver, switches, core) if self.shrink else core

    def _core(self, solver: Any, switches: Mapping[str, Any]) -> set[str]:
        ids = {p.get_id() for p in solver.unsat_core()}
        return {n for n, p in switches.items() if p.get_id() in ids}

    def _shrunk(self, solver: Any, switches: Mapping[str, Any], core: set[str]) -> set[str]:
        """Without what is not needed: leave one out at a time, while there is time."""
        end = time.perf_counter() + SHRINKING_S
        solver.set("timeout", int(1000 * SHRINKING_S))
        for name in sorted(core):
            if time.perf_counter() > end:
                break
            less = [switches[n] for n in core if n != name]
            if name in core and solver.check(*less) == z3.unsat:
                core = self._core(solver, switches)
        return core

    def _solver(self, limit: int) -> Any:
        solver = z3.SimpleSolver()
        solver.set("auto_config", False)
        solver.set("mbqi", False)
        solver.set("random_seed", self.seed)
        solver.set("timeout", max(1, int(1000 * (self._end - time.perf_counter()))))
        solver.set("rlimit", limit)
        return solver

    def _hypothesis(self, f: Formula, width: int) -> Any:
        key = (id(f), width == 2)
        if key not in self._written:
            self._written[key] = (f, self.markers.hypothesis(f, width == 2))
        return self._written[key][1]

    def _assertions(self, parts: Sequence[Formula], width: int) -> list[Any]:
        constants = list(self.constants)
        written = [self.markers.query(p, constants, width > 0) for p in parts]
        for w in written:
            constants += constants_in(w)
        elements = {x.get_id(): x for x in constants if is_element(x)}.values()
        marks = [self.markers.mark(x, letter) for x in elements for letter in "DE"]
        axioms = [self._hypothesis(f, width) for f in self.axioms.values()]
        return [*axioms, *written, *marks]

    def smt2(self, hypotheses: Mapping[str, Formula], query: Formula) -> str:
        """The query as an SMT-LIB file, to be refuted (`unsat`).

        Its patterns are those by which Z3 refutes it in no time, if some do.
        """
        parts, self._end = opened(query), time.perf_counter() + self.timeout
        refuted = (w for w in (0, 1, 2) if self._ask(hypotheses, parts, w, SECOND)[0] is PROVED)
        width = next(refuted, 0)
        solver = z3.SimpleSolver()
        solver.add(*(self._hypothesis(f, width) for f in hypotheses.values()))
        solver.add(*self._assertions(parts, width))
        return str(solver.to_smt2())


def answer_of(solver: Any, assumptions: Sequence[Any]) -> Answer:
    """Z3's answer. Without a search for models it is "unknown" if the instances do not suffice."""
    found = solver.check(*assumptions)
    if found == z3.unsat:
        return Answer.PROVED
    out_of_time = found == z3.unknown and "incomplete" not in solver.reason_unknown()
    return Answer.UNKNOWN if out_of_time else Answer.NOT_PROVED


def cases(query: Formula) -> Iterator[list[Formula]]:
    """The query as cases, each a list of formulas that hold together; few, or just one."""
    parts, choices, count = [], [], 1
    for p in opened(query):
        if isinstance(p, Or) and is_quantified(p) and count * len(p.parts) <= MOST_CASES:
            choices.append(p.parts)
            count *= len(p.parts)
        else:
            parts.append(p)
    for row in itertools.product(*choices):
        whole = conj([*parts, *row])
        if whole is not False:
            yield opened(whole)


def opened(f: Formula) -> list[Formula]:
    """The conjuncts, with existentials at the top opened: their variables are constants."""
    match f:
        case And(parts):
            return [q for p in parts for q in opened(p)]
        case Some(_, body):
            return opened(body)
    return [f]


def is_element(x: Term) -> bool:
    """Whether a term is an element of a sort, not of an enumeration and not a truth value."""
    return bool(x.sort().kind() == z3.Z3_UNINTERPRETED_SORT)


def constants_in(f: Any) -> list[Term]:
    """The constants, those inside quantifiers included."""
    found, seen, pending = [], set(), [f]
    while pending:
        t = pending.pop()
        if t.get_id() in seen or z3.is_var(t):
            continue
        seen.add(t.get_id())
        if z3.is_quantifier(t):
            pending.append(t.body())
            continue
        pending += t.children()
        if t.num_args() == 0 and is_element(t):
            found.append(t)
    return found
