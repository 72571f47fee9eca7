"""The SAT solver's process: reads clauses and assumptions, and answers, until its input ends.

It imports only the solver, so that it starts quickly. All numbers have 32 bits, in native byte
order. A question is 1 if earlier clauses are to be forgotten (else 0), the most conflicts allowed
(0: any number), the lengths of clauses and assumptions, the clauses (each ended by 0) and the
assumptions. The answer is 1 (satisfiable), 0 (not) or -1 (too many conflicts), the number of
conflicts, the number of variables, and plus or minus each variable.
"""

from __future__ import annotations

import contextlib
import sys
from array import array
from collections.abc import Iterator

NAME = "cadical195"


def main() -> None:
    """Answer questions on the standard input."""
    from pysat.solvers import Solver

    source, sink = sys.stdin.buffer, sys.stdout.buffer
    solver, conflicts = Solver(name=NAME), 0
    while len(header := source.read(16)) == 16:
        new, most, *lengths = array("i", header)
        if new:
            solver.delete()
            solver, conflicts = Solver(name=NAME), 0
        clauses, assumptions = (array("i", source.read(4 * n)) for n in lengths)
        for clause in split(clauses):
            solver.add_clause(clause)
        if most:
            solver.conf_budget(most)
            found = solver.solve_limited(list(assumptions))
        else:
            found = solver.solve(list(assumptions))
        before, conflicts = conflicts, solver.accum_stats()["conflicts"]
        model = solver.get_model() if found else []
        answer = -1 if found is None else int(found)
        sink.write(array("i", [answer, conflicts - before, len(model), *model]).tobytes())
        sink.flush()


def split(flat: array[int]) -> Iterator[list[int]]:
    """The clauses one by one."""
    start = 0
    for end, literal in enumerate(flat):
        if literal == 0:
            yield flat[start:end].tolist()
            start = end + 1


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # the caller has gone
        main()
