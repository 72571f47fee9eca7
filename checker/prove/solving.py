"""The process that solves: reads clauses and assumptions, answers, until its input ends.

It imports nothing but the solver, so that it starts at once. Numbers are 32 bits wide, in the
machine's order. A question is two lengths, clauses (each ended by 0) and assumptions; its answer is
1 or 0, the number of variables, and the value of each as plus or minus its number.
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
        while len(header := source.read(8)) == 8:
            clauses, assumptions = (array("i", source.read(4 * n)) for n in array("i", header))
            for clause in split(clauses):
                solver.add_clause(clause)
            model = solver.get_model() if solver.solve(list(assumptions)) else None
            sink.write(array("i", [model is not None, len(model or ()), *(model or ())]).tobytes())
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
