"""Clauses, the solver's process and the order of interchangeable elements, against enumeration."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.ground.interchangeable import interchangeable
from quorate.checker.ground.permutations import Permutation
from quorate.checker.prove.bounded import symmetry_breaking as sorting
from quorate.checker.prove.bounded.clauses import Clauses
from quorate.checker.prove.bounded.solver import SOLVING, SatAnswer, Solver, _Process
from quorate.checker.prove.bounded.system import Ground
from quorate.checker.smt.cells import Cells
from quorate.checker.smt.effort import CONFLICTS, Budget
from quorate.checker.smt.formulas import choice, conjunction, disjunction, negation, same, term
from quorate.checker.smt.state_sets import StateSet
from quorate.model.paxos import Acceptor, Paxos

NAMES = [z3.Bool(f"p{i}") for i in range(3)]
ROWS = list(itertools.product([False, True], repeat=len(NAMES)))


def formulas() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.sampled_from([*NAMES, True, False, z3.BoolVal(True), z3.BoolVal(False)]),
        lambda inner: st.one_of(
            inner.map(negation),
            st.lists(inner, max_size=3).map(conjunction),
            st.lists(inner, max_size=3).map(disjunction),
            st.tuples(inner, inner).map(lambda t: same(*t)),
            st.tuples(inner, inner, inner).map(lambda t: choice(*t)),
        ),
        max_leaves=12,
    )


def truth(p: Any, row: tuple[bool, ...]) -> bool:
    values = [(n, z3.BoolVal(v)) for n, v in zip(NAMES, row, strict=True)]
    return z3.is_true(z3.simplify(z3.substitute(term(p, z3.main_ctx()), *values)))


def literals(row: tuple[bool, ...]) -> list[int]:
    return [n if v else -n for n, v in enumerate(row, start=1)]


@given(required=formulas(), named=formulas(), implied=formulas())
def test_clauses_say_what_the_formula_says(required: Any, named: Any, implied: Any) -> None:
    made = Clauses(NAMES, z3.main_ctx())
    made.add(required)
    both, one = made.equivalent(named), made.literal(implied)
    with Solver() as solver:
        solver.add(made.flat())
        for row in ROWS:
            here = literals(row)
            expected = truth(required, row)
            assert (solver.ask(here) is SatAnswer.YES) is expected
            if expected:
                assert (solver.ask([*here, both]) is SatAnswer.YES) is truth(named, row)
                assert (solver.ask([*here, -both]) is SatAnswer.NO) is truth(named, row)
                assert (solver.ask([*here, one]) is SatAnswer.YES) is truth(implied, row)


def pigeons(count: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    """That so many pigeons have holes of their own, one less than pigeons: long to refute."""
    number = {(p, h): n for n, (p, h) in enumerate(np.ndindex(count, count - 1), start=1)}
    flat: list[int] = []
    for p in range(count):
        flat += [*(number[p, h] for h in range(count - 1)), 0]
    for h in range(count - 1):
        for p, q in itertools.combinations(range(count), 2):
            flat += [-number[p, h], -number[q, h], 0]
    return np.array(flat, np.int32)


def test_a_question_is_given_up_after_so_many_conflicts_and_may_be_asked_again() -> None:
    with Solver() as solver:
        solver.add(pigeons(7))
        budget = Budget(100 / CONFLICTS)
        assert solver.ask([], budget) is SatAnswer.UNKNOWN
        assert budget.over and not budget.clock
        assert solver.ask([]) is SatAnswer.NO


def test_the_clock_ends_a_question_and_all_later_ones() -> None:
    with Solver() as solver:
        solver.add(pigeons(12))
        budget = Budget(1e6)
        budget.ends = time.monotonic() + 0.05
        assert solver.ask([], budget) is SatAnswer.UNKNOWN
        assert budget.clock and solver.ask([]) is SatAnswer.UNKNOWN


def test_its_process_loads_the_solver_alone() -> None:
    """It is started for every question of its own, often many times in one check."""
    code = f"""
import runpy, sys
runpy.run_path({SOLVING!r}, run_name="__main__")
print(sorted(m for m in sys.modules if m.partition(".")[0] in ("quorate", "numpy", "z3")))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


CONTRADICTION = np.array([1, 0, -1, 0], np.int32)


def test_the_next_solver_has_the_same_process_and_none_of_the_clauses() -> None:
    with Solver() as first:
        first.add(CONTRADICTION)
        assert first.ask([]) is SatAnswer.NO
    with Solver() as second, Solver() as third:
        assert second._process is first._process is not third._process
        assert second.ask([1]) is third.ask([-1]) is SatAnswer.YES
        second.add(CONTRADICTION)
        assert second.ask([]) is SatAnswer.NO
        assert third.ask([]) is SatAnswer.YES


def test_a_process_whose_answer_was_not_read_answers_nobody_else() -> None:
    with pytest.raises(KeyboardInterrupt), Solver() as first:
        first._process._read = interrupted  # type: ignore[method-assign]
        first.ask([])
    with Solver() as second:
        assert second._process is not first._process
        assert second.ask([]) is SatAnswer.YES


def interrupted(count: int) -> Any:
    raise KeyboardInterrupt


def test_a_child_of_a_fork_leaves_the_process_to_its_parent() -> None:
    with Solver() as first:
        assert first.ask([]) is SatAnswer.YES
    if (child := os.fork()) == 0:
        os._exit(len(_Process.idle))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with Solver() as second:
        assert second._process is first._process
        assert second.ask([]) is SatAnswer.YES


def test_a_solver_that_dies_is_not_an_answer() -> None:
    with Solver() as solver:
        assert solver.ask([]) is SatAnswer.YES
        solver._process._popen.kill()
        with pytest.raises(RuntimeError, match="the SAT solver's process ended"):
            solver.ask([])


@pytest.mark.parametrize("seed", range(6))
def test_one_arrangement_of_the_elements_at_least_is_in_order(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a state's images under all permutations, some is sorted, and not each of them is."""
    monkeypatch.setattr(sorting, "FEWEST", 2)
    with Paxos.sized(Acceptor=3, Ballot=2, Value=2) as sizes:
        ground = Ground(Paxos, sizes)
        assert Acceptor in interchangeable(ground.layout, ground.initial()).sorts
        cells = Cells(ground.layout, "")
        p = sorting.in_order(ground, cells)
        random = np.random.default_rng(seed)
        words = [0] * ground.layout.words
        for column, index in cells.places():
            word, bit = column.place(index)
            words[word] |= int(random.integers(column.size)) << bit
        rows = np.array([words], np.uint64)
        sorted_ones = 0
        for images in itertools.permutations(range(3)):
            moved = Permutation(ground.layout, {Acceptor: images}).apply(rows)
            solver = z3.Solver(ctx=cells.context)
            solver.add(StateSet(list(moved)).formula(cells), p)
            sorted_ones += solver.check() == z3.sat
        assert 1 <= sorted_ones < 6
