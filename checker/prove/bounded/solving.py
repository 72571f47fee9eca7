"""The process that solves: reads clauses and assumptions, answers, until its input ends.

It imports nothing but the solver, so that it starts at once. Numbers are 32 bits wide, in the
machine's order. A question is how many conflicts it may take (0: any number), two lengths, clauses
(each ended by 0) and assumptions; its answer is 1, 0, or -1 if that was not enough, the number of
conflicts, the number of variables, and the value of each as plus or minus its number.
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
    with Solver(name=NAME) as solver:
        conflicts = 0
        while len(header := source.read(12)) == 12:
            most, *lengths = array("i", header)
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
    """Each clause."""
    start = 0
    for end, literal in enumerate(flat):
        if literal == 0:
            yield flat[start:end].tolist()
            start = end + 1


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # nobody is left to answer
        main()
