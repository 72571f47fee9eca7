"""A query to Z3: hypotheses by name, the rest, and how it is asked.

The top of a query is taken apart: existentials become constants, an `or` with quantifiers inside
becomes cases of their own, each of which Z3 must refute.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from quorate.checker.smt.effort import Budget

from .axioms import axioms
from .logic import And, Atom, Formula, Or, Some, Term, conj, is_quantified
from .markers import Markers
from .results import Answer
from .searching import Searcher
from .second import refuted
from .values import ITEM, LENGTH
from .vocabulary import Vocabulary

MOST_CASES, MOST_TESTS = 32, 5
ELEMENTS = (z3.Z3_UNINTERPRETED_SORT, z3.Z3_INT_SORT)
# Widths of their own: at what variables hold at the constants, and at quorums that there are.
CELLS, WITNESSES = 3, 4
PROVED = Answer.PROVED
OPEN: tuple[Answer, set[str]] = (Answer.NOT_PROVED, set())  # what is not asked
# The effort (see effort.py) before another way to ask is tried; ALL: as much as there is.
FEW, FIRST, SECOND, ALL = 0.3, 1.2, 4.0, math.inf
BY_MODELS = -1  # a way of its own: searching.py
SHRINKING = 0.5  # for making one set of used hypotheses smaller


@dataclass(frozen=True)
class Result:
    """Z3's answer, the hypotheses that it used, and how many cases there were.

    `clock` says that the backstop ended it.
    """

    answer: Answer
    used: tuple[str, ...]
    cases: int
    seconds: float
    prover: str = "Z3"
    clock: bool = False

    @property
    def proved(self) -> bool:
        """Whether the query is ruled out."""
        return self.answer is Answer.PROVED


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
    effort: float
    shrink: bool = False
    second: bool = False  # what Z3 leaves open is asked of cvc5
    _searcher: Searcher | None = None
    _written: dict[tuple[int, bool, bool, bool], tuple[Formula, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.budget = Budget(self.effort)
        self.axioms = axioms(self.vocabulary)
        v = self.vocabulary
        followed = [v.sorts[s if v.counts else s.of] for s in v.members]  # type: ignore[attr-defined]
        self.markers = Markers(followed, closed=v.counts)
        self.constants = v.constants()

    def ask(
        self,
        hypotheses: Mapping[str, Formula],
        query: Formula,
        hint: Sequence[str] = (),
        quick: bool = False,
    ) -> Result:
        """Whether the hypotheses rule the query out; those of the `hint` suffice, perhaps.

        `quick`: what takes long is not tried.
        """
        started = time.perf_counter()
        self.budget = Budget(self.effort)
        if self.vocabulary.counts:
            found, used, count = self._by_cases(hypotheses, query, hint, quick)
        else:
            found, used, count = self._by_ways(hypotheses, query, hint)
        prover = "Z3"
        if self.second and not quick and found is not PROVED and self.agreed(hypotheses, query):
            found, used, prover = PROVED, set(hypotheses), "cvc5"
        order = tuple(n for n in hypotheses if n in used)
        spent = time.perf_counter() - started
        return Result(found, order, count, spent, prover, self.budget.clock)

    def _by_cases(
        self,
        hypotheses: Mapping[str, Formula],
        query: Formula,
        hint: Sequence[str],
        quick: bool,
    ) -> tuple[Answer, set[str], int]:
        """With numbers: every case by itself, first with what the cases before it needed.

        There are many more instances, and most are of hypotheses that have nothing to do with it.
        """
        used: set[str] = set()
        pending = [(deeper, 0) for case in cases(query) for deeper in split_again(case)]
        pending.reverse()
        count = 0
        while pending:
            parts, tests = pending.pop()
            test = first_test(parts) if tests < MOST_TESTS else None
            given = {n: f for n, f in hypotheses.items() if n in used or n in hint}
            answer, names = self._hinted(given, parts, test is not None) if hint else OPEN
            if answer is not PROVED and (test is None or not hint):
                answer, names = self._case(hypotheses, given, parts, test is not None or quick)
            if answer is PROVED:
                used |= names
                count += 1
            elif test is None or self.budget.over:
                return answer, set(hypotheses), count + 1
            else:
                pending += [(part, tests + 1) for part in decided(parts, test)]
        return PROVED, used, count

    def _hinted(
        self, few: Mapping[str, Formula], parts: Sequence[Formula], quick: bool
    ) -> tuple[Answer, set[str]]:
        """One case with the hypotheses that sufficed before, at more and more instances."""
        found = OPEN
        for width in (0, 1) if quick else (0, 1, WITNESSES):
            found = self._ask(few, parts, width, SECOND)
            if found[0] is PROVED:
                break
        return found

    def _case(
        self,
        hypotheses: Mapping[str, Formula],
        few: Mapping[str, Formula],
        parts: Sequence[Formula],
        quick: bool,
    ) -> tuple[Answer, set[str]]:
        """One case, with few hypotheses and with all, at more and more instances."""
        failed: set[tuple[bool, int]] = set()  # more time would not help
        answer, used = Answer.NOT_PROVED, set[str]()
        for limit in (FEW,) if quick else (FEW, FIRST, SECOND, ALL):
            for width in (0, 1, WITNESSES):
                for all_of_them in (False, True):
                    given = hypotheses if all_of_them else few
                    if (not few and not all_of_them) or (all_of_them, width) in failed:
                        continue
                    answer, used = self._ask(given, parts, width, limit)
                    if answer is PROVED or self.budget.over:
                        return answer, used
                    if answer is Answer.NOT_PROVED:
                        failed.add((all_of_them, width))
        return answer, used

    def _by_ways(
        self, hypotheses: Mapping[str, Formula], query: Formula, hint: Sequence[str]
    ) -> tuple[Answer, set[str], int]:
        found, used, count = Answer.NOT_PROVED, set[str](), 1
        failed: set[int] = set()  # ways that ended without a proof: more effort would not help
        for number, limit in self._schedule(len(ways := _ways(query))):
            if number == BY_MODELS:
                if (names := self._searched(hypotheses, query, hint)) is not None:
                    return PROVED, names, 1
            elif number not in failed and not self.budget.over:
                found, used = self._all(hypotheses, ways[number], limit)
                count = len(ways[number].cases)
                if found is Answer.PROVED:
                    break
                failed |= {number} if found is Answer.NOT_PROVED else set()
        else:
            found = Answer.NOT_PROVED if len(failed) == len(ways) else Answer.UNKNOWN
        return found, used, count

    def _schedule(self, ways: int) -> Iterator[tuple[int, float]]:
        """Two ways for a moment, then by models, then each for a while, then for what is left."""
        yield from ((0, FIRST), (1, FIRST), (BY_MODELS, ALL))
        for limit in (SECOND, ALL):
            for number in (*range(1, ways), 0):
                yield number, limit

    def _all(
        self, hypotheses: Mapping[str, Formula], way: _Way, limit: float
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
        limit: float,
    ) -> tuple[Answer, set[str]]:
        solver = self._solver()
        solver.add(*self._assertions(parts, width))
        switches = {n: z3.Bool(f"uses {n}") for n in hypotheses}
        for name, f in hypotheses.items():
            solver.add(z3.Implies(switches[name], self._hypothesis(f, width)))
        answer = answer_of(solver, self.budget.check(solver, *switches.values(), most=limit))
        if answer is not Answer.PROVED:
            return answer, set(hypotheses)
        core = self._core(solver, switches)
        return answer, self._shrunk(solver, switches, core) if self.shrink else core

    def _core(self, solver: Any, switches: Mapping[str, Any]) -> set[str]:
        ids = {p.get_id() for p in solver.unsat_core()}
        return {n for n, p in switches.items() if p.get_id() in ids}

    def _shrunk(self, solver: Any, switches: Mapping[str, Any], core: set[str]) -> set[str]:
        """Without what is not needed: leave one out at a time, while there is effort left."""
        budget = Budget(SHRINKING)
        for name in sorted(core):
            if budget.over:
                break
            less = [switches[n] for n in core if n != name]
            if name in core and budget.check(solver, *less) == z3.unsat:
                core = self._core(solver, switches)
        return core

    def _solver(self) -> Any:
        solver = z3.SimpleSolver()
        solver.set("auto_config", False)
        solver.set("mbqi", False)
        solver.set("random_seed", self.seed)
        return solver

    def _hypothesis(self, f: Formula, width: int) -> Any:
        follow = width == WITNESSES or not self.vocabulary.counts
        how = (width == 2, follow, width == 0)
        key = (id(f), *how)
        if key not in self._written:
            self._written[key] = (f, self.markers.hypothesis(f, *how))
        return self._written[key][1]

    def _assertions(self, parts: Sequence[Formula], width: int) -> list[Any]:
        constants = list(self.constants)
        written = [self.markers.query(p, constants, 0 < width < CELLS) for p in parts]
        for w in written:
            if width >= CELLS:
                constants += self._cells(constants_in(w))
            constants += ground_terms(w) if self.vocabulary.counts else constants_in(w)
        elements = {x.get_id(): x for x in constants if is_element(x)}.values()
        marks = [self.markers.mark(x, letter) for x in elements for letter in "DE"]
        axioms = [self._hypothesis(f, width) for f in self.axioms.values()]
        return [*axioms, *written, *marks]

    def _cells(self, constants: Sequence[Term]) -> list[Term]:
        """What variables hold at these keys: values, lengths and last items."""
        found = []
        for functions in self.vocabulary.parts.values():
            for name, f in functions.items():
                if f.arity() == 0 or f.range().kind() not in ELEMENTS:
                    continue
                keys = [x for x in constants if x.sort() == f.domain(0)]
                if f.arity() == 1:
                    found += [f(x) for x in keys]
                elif f.arity() == 2 and name.startswith(ITEM):
                    found += [f(x, functions[LENGTH](x) - 1) for x in keys]
        return found

    def _searched(
        self, hypotheses: Mapping[str, Formula], query: Formula, hint: Sequence[str]
    ) -> set[str] | None:
        """By models, with few hypotheses, and as much effort as all else has."""
        if self._searcher is None:
            self._searcher = Searcher(self.axioms.values(), self.seed)
        budget = Budget(self.effort)
        found = self._searcher.refuted(hypotheses, query, hint[:1], budget)
        self.budget.clock = self.budget.clock or budget.clock
        return found

    def smt2(self, hypotheses: Mapping[str, Formula], query: Formula) -> str:
        """The query as an SMT-LIB file, to be refuted (`unsat`).

        Its patterns are those by which Z3 refutes it in no time, if some do.
        """
        parts, self.budget = opened(query), Budget(self.effort)
        enough = (w for w in (0, 1, 2) if self._ask(hypotheses, parts, w, SECOND)[0] is PROVED)
        return self._text(hypotheses, parts, next(enough, 0))

    def agreed(self, hypotheses: Mapping[str, Formula], query: Formula) -> bool:
        """Whether cvc5 refutes the query, given few instances to begin with or more."""
        parts = opened(query)
        texts = (self._text(hypotheses, parts, width) for width in (0, 1, 2))
        return any(refuted(text, self.effort / 3) for text in texts)

    def _text(self, hypotheses: Mapping[str, Formula], parts: Sequence[Formula], width: int) -> str:
        solver = z3.SimpleSolver()
        solver.add(*(self._hypothesis(f, width) for f in hypotheses.values()))
        solver.add(*self._assertions(parts, width))
        return str(solver.to_smt2())


def answer_of(solver: Any, found: Any) -> Answer:
    """Z3's answer. Without a search for models it is "unknown" if the instances do not suffice."""
    if found == z3.unsat:
        return Answer.PROVED
    gave_up = found == z3.unknown and "incomplete" not in solver.reason_unknown()
    return Answer.UNKNOWN if gave_up else Answer.NOT_PROVED


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


def split_again(case: Sequence[Formula]) -> Iterator[list[Formula]]:
    """A case by every `or` in it."""
    for p in sorted(case, key=is_quantified, reverse=True):
        if isinstance(p, Or):
            rest = [q for q in case if q is not p]
            for part in p.parts:
                yield from split_again([*rest, *opened(part)])
            return
    yield list(case)


def first_test(case: Sequence[Formula]) -> Any:
    """A term `If(test, x, y)` of the case: an entry of a log that was replaced from a place on."""
    return next((t for p in case if isinstance(p, Atom) for t in _choices(p.term)), None)


def decided(case: Sequence[Formula], choice: Any) -> Iterator[list[Formula]]:
    """The case with the test true, and with the test false, unless it says which."""
    test, *outcomes = choice.children()
    for positive, outcome in zip((True, False), outcomes, strict=True):
        known = [p for p in case if isinstance(p, Atom) and p.term.eq(test)]
        if all(p.positive == positive for p in known):
            yield [
                Atom(z3.substitute(p.term, (choice, outcome)), p.positive)
                if isinstance(p, Atom)
                else p
                for p in (*case, Atom(test, positive))
            ]


def _choices(term: Any) -> Iterator[Any]:
    """The terms `If(test, x, y)` in a term, innermost first."""
    for x in term.children():
        yield from _choices(x)
    if z3.is_app(term) and term.decl().kind() == z3.Z3_OP_ITE:
        yield term


def opened(f: Formula) -> list[Formula]:
    """The conjuncts, with existentials at the top opened: their variables are constants."""
    match f:
        case And(parts):
            return [q for p in parts for q in opened(p)]
        case Some(_, body):
            return opened(body)
    return [f]


def is_element(x: Term) -> bool:
    """Whether a term is an element of a sort or a number; no enumeration, no truth value."""
    return x.sort().kind() in ELEMENTS


def ground_terms(f: Any) -> list[Term]:
    """The elements and numbers that are mentioned without bound variables, quantifiers included.

    With numbers, constants do not suffice: what holds at `n - 1` is asked of a log of n entries.
    """
    ground: dict[int, bool] = {}
    found: list[Term] = []

    def visit(t: Any) -> bool:
        if (known := ground.get(t.get_id())) is not None:
            return known
        if z3.is_quantifier(t):
            visit(t.body())
            closed = False
        else:
            parts = [visit(x) for x in t.children()]
            closed = not z3.is_var(t) and all(parts)
            if closed and is_element(t) and t.decl().kind() != z3.Z3_OP_ITE:
                found.append(t)
        ground[t.get_id()] = closed
        return closed

    visit(f)
    return found


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
