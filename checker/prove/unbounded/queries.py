"""The prover: asks Z3 whether named hypotheses refute a query, with more and more effort.

Triggers keep the number of instances small (triggers.py). Where few instances do not suffice, the
query is asked again with more of them, case by case (cases.py), or by models (model_based.py).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import z3

from quorate.checker.smt.effort import Budget

from .axioms import axioms
from .cases import ELEMENTS, FINE, QueryCase, cases, constants_in, ground_terms, is_element, opened
from .cvc5_prover import refuted
from .hints import Hint
from .isolated import IsolatedSolver
from .logic import Formula, Term
from .model_based import ModelBasedProver
from .results import Answer
from .signature import Signature
from .triggers import CONSTANT, WITNESS, Triggers
from .values import ITEM, LENGTH

# Widths of their own: at what variables hold at the constants, and at quorums that there are.
CELLS, WITNESSES = 3, 4
PROVED = Answer.PROVED
OPEN: tuple[Answer, set[str]] = (Answer.NOT_PROVED, set())  # what is not asked
# The effort (see effort.py) before another strategy is tried; ALL: as much as there is.
FEW, FIRST, SECOND, ALL = 0.3, 1.2, 4.0, math.inf
BY_MODELS = -1  # a strategy of its own: model_based.py
COARSE = 2.0  # for a query in few cases, a quarter of it as a whole; beside its other effort
SHRINKING = 0.5  # for making one set of used hypotheses smaller


@dataclass(frozen=True)
class QueryResult:
    """Z3's answer, the hypotheses that it used, and how many cases there were.

    `split` is how finely the coarsest of them was split; `clock` says that the backstop ended it.
    """

    answer: Answer
    used: tuple[str, ...]
    cases: int
    split: int = 0
    seconds: float = 0.0
    prover: str = "Z3"
    clock: bool = False

    @property
    def proved(self) -> bool:
        """Whether the query is ruled out."""
        return self.answer is Answer.PROVED


@dataclass(frozen=True)
class _Strategy:
    """How to ask: which cases, and how widely universals are instantiated (0, 1 or 2)."""

    cases: tuple[tuple[Formula, ...], ...]
    width: int


def _strategies(query: Formula) -> list[_Strategy]:
    """The whole query with few instances or more; case by case; with more instances still."""
    whole = (tuple(opened(query)),)
    split = tuple(map(tuple, cases(query)))
    strategies = [
        _Strategy(whole, 0),
        _Strategy(whole, 1),
        _Strategy(split, 1),
        _Strategy(whole, 2),
    ]
    return [s for s in strategies if s.cases is not split or len(split) > 1]


# For so many strategies: which one to try next (or BY_MODELS), and with how much effort.
Schedule = Callable[[int], Iterable[tuple[int, float]]]


def thorough(strategies: int) -> Iterator[tuple[int, float]]:
    """Three strategies briefly, then by models, then each for longer, then with all effort left.

    The third has the most instances: nearly always it ends at once, with a proof or without. Where
    there is a model, the rest is not tried.
    """
    yield from ((0, FIRST), (1, FIRST), (strategies - 1, FEW), (BY_MODELS, ALL))
    for limit in (SECOND, ALL):
        for number in (*range(1, strategies), 0):
            yield number, limit


@dataclass
class Prover:
    """Asks Z3, with the axioms of one signature."""

    signature: Signature
    seed: int
    effort: float
    shrink: bool = False
    cvc5: bool = False  # what Z3 leaves open is asked of cvc5
    schedule: Schedule = thorough
    _model_based: ModelBasedProver | None = None
    _written: dict[tuple[int, bool, bool, bool], tuple[Formula, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.budget = Budget(self.effort)
        self.axioms = axioms(self.signature)
        v = self.signature
        followed = [v.sorts[s if v.counts else s.of] for s in v.members]  # type: ignore[attr-defined]
        self.triggers = Triggers(v.context, followed, closed=v.counts)
        self.constants = v.constants()

    def ask(
        self,
        hypotheses: Mapping[str, Formula],
        query: Formula,
        hint: Hint | None = None,
        quick: bool = False,
    ) -> QueryResult:
        """Whether the hypotheses rule the query out; what the `hint` says suffices, perhaps.

        `quick`: what takes long is not tried.
        """
        started = time.perf_counter()
        self.budget = Budget(self.effort)
        if self.signature.counts:
            found = self._by_cases(hypotheses, query, hint, quick)
        else:
            found = self._by_strategies(hypotheses, query, hint)
        if self.cvc5 and not quick and not found.proved and self.agreed(hypotheses, query):
            found = replace(found, answer=PROVED, used=tuple(hypotheses), prover="cvc5")
        order = tuple(n for n in hypotheses if n in found.used)
        spent = time.perf_counter() - started
        return replace(found, used=order, seconds=spent, clock=self.budget.clock)

    def _by_cases(
        self,
        hypotheses: Mapping[str, Formula],
        query: Formula,
        hint: Hint | None,
        quick: bool,
    ) -> QueryResult:
        """With numbers: as few cases as suffice, first with what the cases before them needed.

        There are many more instances, and most are of hypotheses that have nothing to do with it.
        Without a hint every case is asked by itself.
        """
        wanted = () if hint is None else hint.used
        known = {n: f for n, f in hypotheses.items() if n in wanted}
        used: set[str] = set()
        coarse, split, count = Budget(COARSE), FINE, 0
        pending = [QueryCase(opened(query))]
        while pending:
            case = pending.pop()
            if case.split < FINE:
                answer, names = self._coarsely(known, case, hint, coarse)
                split = case.split if answer is PROVED else split
            else:
                given = known | {n: f for n, f in hypotheses.items() if n in used}
                answer, names = self._finely(hypotheses, given, case, bool(wanted), quick)
            if answer is PROVED:
                used |= names
                count += 1
            elif case.smallest or self.budget.over:
                return QueryResult(answer, tuple(hypotheses), count + 1)
            else:
                pending += reversed(case.smaller())
        return QueryResult(PROVED, tuple(used), count, split)

    def _coarsely(
        self, known: Mapping[str, Formula], case: QueryCase, hint: Hint | None, budget: Budget
    ) -> tuple[Answer, set[str]]:
        """A case that can be split, unless the hint says that it must be, with little effort."""
        if hint is None or case.split < hint.split or budget.over:
            return OPEN
        return self._ask(known, case.parts, 0, COARSE / 4 if case.split == 0 else COARSE, budget)

    def _finely(
        self,
        hypotheses: Mapping[str, Formula],
        given: Mapping[str, Formula],
        case: QueryCase,
        hinted: bool,
        quick: bool,
    ) -> tuple[Answer, set[str]]:
        """A case that only tests split; where some are left, what takes long is not tried."""
        quick = quick or case.test is not None
        answer, names = self._hinted(given, case.parts, case.test is not None) if hinted else OPEN
        if answer is not PROVED and (case.test is None or not hinted):
            answer, names = self._case(hypotheses, given, case.parts, quick)
        return answer, names

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

    def _by_strategies(
        self, hypotheses: Mapping[str, Formula], query: Formula, hint: Hint | None
    ) -> QueryResult:
        found, used, count = Answer.NOT_PROVED, set[str](), 1
        failed: set[int] = set()  # strategies that ended without a proof: more would not help
        for number, limit in self.schedule(len(strategies := _strategies(query))):
            if number == BY_MODELS:
                found, used = self._searched(hypotheses, query, hint)
                if found is not Answer.UNKNOWN:
                    return QueryResult(found, tuple(used), 1)
            elif number not in failed and not self.budget.over:
                found, used = self._all(hypotheses, strategies[number], limit)
                count = len(strategies[number].cases)
                if found is Answer.PROVED:
                    break
                failed |= {number} if found is Answer.NOT_PROVED else set()
        else:
            found = Answer.NOT_PROVED if len(failed) == len(strategies) else Answer.UNKNOWN
        return QueryResult(found, tuple(used), count)

    def _all(
        self, hypotheses: Mapping[str, Formula], strategy: _Strategy, limit: float
    ) -> tuple[Answer, set[str]]:
        used: set[str] = set()
        for parts in strategy.cases:
            answer, names = self._ask(hypotheses, parts, strategy.width, limit)
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
        budget: Budget | None = None,
    ) -> tuple[Answer, set[str]]:
        budget = budget or self.budget
        solver = self._solver()
        solver.add(*self._assertions(parts, width))
        switches = {n: z3.Bool(f"uses {n}", self.signature.context) for n in hypotheses}
        for name, f in hypotheses.items():
            solver.add(z3.Implies(switches[name], self._hypothesis(f, width)))
        answer = answer_of(solver, budget.check(solver, *switches.values(), most=limit))
        if answer is not Answer.PROVED:
            return answer, set(hypotheses)
        core = self._core(solver, switches)
        return answer, self._shrunk(solver, switches, core) if self.shrink else core

    def _core(self, solver: Any, switches: Mapping[str, Any]) -> set[str]:
        names = solver.unsat_core()
        return {n for n, p in switches.items() if p.decl().name() in names}

    def _shrunk(self, solver: Any, switches: Mapping[str, Any], core: set[str]) -> set[str]:
        """Without what is not needed: leave one out at a time, while there is effort left."""
        budget = Budget(SHRINKING)
        for name in sorted(core):
            if budget.over:
                break
            less = [p for n, p in switches.items() if n in core and n != name]
            if name in core and budget.check(solver, *less) == z3.unsat:
                core = self._core(solver, switches)
        return core

    def _solver(self) -> IsolatedSolver:
        solver = IsolatedSolver(z3.SimpleSolver)
        solver.set("auto_config", False)
        solver.set("mbqi", False)
        solver.set("random_seed", self.seed)
        return solver

    def _hypothesis(self, f: Formula, width: int) -> Any:
        follow = width == WITNESSES or not self.signature.counts
        how = (width == 2, follow, width == 0)
        key = (id(f), *how)
        if key not in self._written:
            self._written[key] = (f, self.triggers.hypothesis(f, *how))
        return self._written[key][1]

    def _assertions(self, parts: Sequence[Formula], width: int) -> list[Any]:
        constants = list(self.constants)
        written = [self.triggers.query(p, constants, 0 < width < CELLS) for p in parts]
        for w in written:
            if width >= CELLS:
                constants += self._cells(constants_in(w))
            constants += ground_terms(w) if self.signature.counts else constants_in(w)
        elements = {x.get_id(): x for x in constants if is_element(x)}.values()
        triggers = [
            self.triggers.trigger(x, kind) for x in elements for kind in (CONSTANT, WITNESS)
        ]
        axioms = [self._hypothesis(f, width) for f in self.axioms.values()]
        return [*axioms, *written, *triggers]

    def _cells(self, constants: Sequence[Term]) -> list[Term]:
        """What variables hold at these keys: values, lengths and last items."""
        found = []
        for functions in self.signature.parts.values():
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
        self, hypotheses: Mapping[str, Formula], query: Formula, hint: Hint | None
    ) -> tuple[Answer, set[str]]:
        """By models, with few hypotheses, and as much effort as all else has."""
        if self._model_based is None:
            self._model_based = ModelBasedProver(self.axioms.values(), self.seed)
        budget = Budget(self.effort)
        own = hint.used[:1] if hint is not None else ()
        found = self._model_based.refuted(hypotheses, query, own, budget)
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
        solver = self._solver()
        solver.add(*(self._hypothesis(f, width) for f in hypotheses.values()))
        solver.add(*self._assertions(parts, width))
        return solver.text()


def answer_of(solver: Any, found: Any) -> Answer:
    """Z3's answer. Without a search for models it is "unknown" if the instances do not suffice."""
    if found == z3.unsat:
        return Answer.PROVED
    gave_up = found == z3.unknown and "incomplete" not in solver.reason_unknown()
    return Answer.UNKNOWN if gave_up else Answer.NOT_PROVED
