"""The representative of an orbit, for Python."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.ground.packed_states import groups, taken
from quorate.checker.ground.vector import States
from quorate.checker.results import Orbits
from quorate.model.language.interpreter import State

if TYPE_CHECKING:
    from .symmetry import Reduction

# Runs the function at an address over every n-th state stored; it adds to an array of counts.
Sweep = Callable[[int, int, npt.NDArray[np.int64]], object]


class Canonical:
    """The representatives of packed states, for Python; without symmetry, the states themselves."""

    def __init__(self, reduction: Reduction | None, code: MachineCode) -> None:
        self._reduction, self._code = reduction, code
        self._reducing = reduction is not None and reduction.permutations > 1
        if self._reducing:
            kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
            self._call = kind(code.address("canonical"))

    def __call__(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """The representative of a state."""
        if not self._reducing:
            return words
        found = np.ascontiguousarray(words).copy()
        self._call(found.ctypes.data)
        return found

    def starts(self, states: Sequence[State], rows: States) -> tuple[Sequence[State], States]:
        """One state of each orbit, with its representative; rows are the words of the states.

        Orbits come in the order of their last states, and the first state of each is taken.
        """
        if not self._reducing:
            return states, rows
        found = np.array(rows, np.uint64, order="C")
        first_row, width = found.ctypes.data, found.shape[1] * found.itemsize
        for i in range(len(found)):
            self._call(first_row + i * width)
        first, last = groups(found)
        chosen = first[np.argsort(last)]
        return taken(states, chosen), found[chosen]

    def orbits(self, count: int, sweep: Sweep) -> Orbits | None:
        """The orbits of `count` representatives, which `sweep` runs a function over."""
        r = self._reduction
        if r is None:
            return None
        total = np.full(1, 0 if self._reducing else count, np.int64)
        if self._reducing:
            sweep(self._code.address("weigh"), 1, total)
        refused, special = (
            {s.__name__: text for s, text in texts.items()} for texts in (r.refused, r.special)
        )
        return Orbits(int(total[0]), r.permutations, r.names, refused, special)
