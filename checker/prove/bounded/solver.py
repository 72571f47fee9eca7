"""CaDiCaL, used incrementally, in a process of its own, so that a question can be abandoned.

Biere, Faller, Fazekas, Fleury, Froleyks, Pollitt: CaDiCaL 2.0 (CAV 2024), as built by PySAT.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from quorate.checker.smt.effort import CONFLICTS, Budget

from .clauses import Flat

SOLVING = str(Path(__file__).with_name("solving.py"))


class SatAnswer(Enum):
    """Whether clauses are satisfiable."""

    YES = "satisfiable"
    NO = "unsatisfiable"
    UNKNOWN = "given up"


class _Process:
    """A process that one solver uses at a time. If nobody holds it any more, it is killed."""

    idle: ClassVar[list[Self]] = []
    """One at most, for the next solver: to start a process takes a tenth of a second."""

    def __init__(self) -> None:
        # Run by its path: as a module it would import the package.
        self._popen = subprocess.Popen(
            [sys.executable, "-P", SOLVING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is handled by the caller
        )
        self.kill = weakref.finalize(self, _kill, self._popen)

    @classmethod
    def free(cls) -> Self:
        """One that nobody uses."""
        with contextlib.suppress(IndexError):
            found = cls.idle.pop()
            if found._popen.poll() is None:
                return found
        return cls()

    def ask(self, question: Flat) -> tuple[int, int, Flat]:
        """The answer, the conflicts and the model. Raises EOFError, OSError, ValueError."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(question.astype(np.int32).tobytes())
        self._popen.stdin.flush()
        answer, conflicts, count = self._read(3)
        return int(answer), int(conflicts), self._read(int(count))

    def _read(self, count: int) -> Flat:
        assert self._popen.stdout is not None
        found = self._popen.stdout.read(4 * count)
        if len(found) < 4 * count:
            raise EOFError
        return np.frombuffer(found, np.int32)

    def code(self) -> int:
        """Its exit code, once it has ended."""
        return self._popen.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            pipe.close()  # type: ignore[union-attr]


def _leave_idle() -> None:
    """After a fork it is still the parent's."""
    for process in _Process.idle:
        process.kill.detach()
    _Process.idle.clear()


if hasattr(os, "register_at_fork"):  # where processes fork
    os.register_at_fork(after_in_child=_leave_idle)


class Solver:
    """A growing set of clauses, and questions under assumptions. Use it in a `with`."""

    def __init__(self) -> None:
        self._process = _Process.free()
        self._new = True  # nothing was asked yet
        self._asking = False  # a question was asked, and not answered
        self._waiting: list[Flat] = []
        self.model: Flat = np.zeros(0, np.int32)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        kill = self._process.kill
        if kill.alive and not self._asking and not _Process.idle:
            _Process.idle.append(self._process)
        else:
            kill()

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
            if self._process.kill.alive:
                code = self._process.code()
                raise RuntimeError(f"the SAT solver's process ended with {code}") from None
            return SatAnswer.UNKNOWN
        finally:
            if timer is not None:
                timer.cancel()
                timer.join()  # else it might end the process when that answers somebody else

    def _stop(self, budget: Budget) -> None:
        budget.clock = True
        self._process.kill()

    def _asked(self, assumptions: Sequence[int], budget: Budget | None) -> SatAnswer:
        clauses = np.concatenate([np.zeros(0, np.int32), *self._waiting])
        self._waiting.clear()
        most = 0 if budget is None else max(1, int(budget.left * CONFLICTS))
        header = [self._new, most, len(clauses), len(assumptions)]
        question = np.concatenate([header, clauses, np.array(assumptions, np.int32)])
        self._new, self._asking = False, True
        answer, conflicts, model = self._process.ask(question)
        self._asking = False
        if budget is not None:
            budget.left -= conflicts / CONFLICTS
        if answer == 1:
            self.model = model
        return {1: SatAnswer.YES, 0: SatAnswer.NO}.get(answer, SatAnswer.UNKNOWN)

    def value(self, variable: int) -> bool:
        """The value of a variable in the model."""
        return variable <= len(self.model) and bool(self.model[variable - 1] > 0)
