"""CaDiCaL, used incrementally, in a process of its own, so that a question can be abandoned.

Biere, Faller, Fazekas, Fleury, Froleyks, Pollitt: CaDiCaL 2.0 (CAV 2024), as built by PySAT.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Self

import numpy as np

from quorate.checker.smt.effort import CONFLICTS, Budget

from .clauses import Flat

SOLVING = str(Path(__file__).with_name("solving.py"))


class SatAnswer(Enum):
    """Whether clauses are satisfiable."""

    YES = "satisfiable"
    NO = "unsatisfiable"
    UNKNOWN = "given up"


class Solver:
    """A growing set of clauses, and questions under assumptions. Use it in a `with`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                SOLVING,
            ],  # run by its path: as a module it would import the package
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is handled by the caller
        )
        self._end = weakref.finalize(self, _end, self._process)
        self._waiting: list[Flat] = []
        self.model: Flat = np.zeros(0, np.int32)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def add(self, clauses: Flat) -> None:
        """Require clauses."""
        self._waiting.append(clauses)

    def ask(self, assumptions: Sequence[int], budget: Budget | None = None) -> SatAnswer:
        """Whether the clauses are satisfiable under these assumptions; if so, `model` is a model.

        The answer is UNKNOWN if the budget is used up or its time runs out. In the latter case
        the clauses are lost, and every later answer is UNKNOWN.

        Raises RuntimeError if the process ends by itself.
        """
        if budget is not None and budget.over:
            return SatAnswer.UNKNOWN
        timer = None if budget is None else threading.Timer(budget.seconds, self._stop, [budget])
        if timer is not None:
            timer.start()
        try:
            return self._asked(assumptions, budget)
        except (EOFError, OSError, ValueError):
            if self._end.alive:
                code = self._process.wait()
                raise RuntimeError(f"the SAT solver's process ended with {code}") from None
            return SatAnswer.UNKNOWN
        finally:
            if timer is not None:
                timer.cancel()

    def _stop(self, budget: Budget) -> None:
        budget.clock = True
        self._end()

    def _asked(self, assumptions: Sequence[int], budget: Budget | None) -> SatAnswer:
        assert self._process.stdin is not None
        clauses = np.concatenate([np.zeros(0, np.int32), *self._waiting])
        self._waiting.clear()
        most = 0 if budget is None else max(1, int(budget.left * CONFLICTS))
        header = [most, len(clauses), len(assumptions)]
        question = np.concatenate([header, clauses, np.array(assumptions, np.int32)])
        self._process.stdin.write(question.astype(np.int32).tobytes())
        self._process.stdin.flush()
        answer, conflicts, count = self._read(3)
        model = self._read(int(count))
        if budget is not None:
            budget.left -= int(conflicts) / CONFLICTS
        if answer == 1:
            self.model = model
        return {1: SatAnswer.YES, 0: SatAnswer.NO}.get(int(answer), SatAnswer.UNKNOWN)

    def value(self, variable: int) -> bool:
        """The value of a variable in the model."""
        return variable <= len(self.model) and bool(self.model[variable - 1] > 0)

    def _read(self, count: int) -> Flat:
        assert self._process.stdout is not None
        found = self._process.stdout.read(4 * count)
        if len(found) < 4 * count:
            raise EOFError
        return np.frombuffer(found, np.int32)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            pipe.close()  # type: ignore[union-attr]
