"""Which state of its orbit the kernel keeps, for Python."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.codegen.machine_code import Machine
from quorate.checker.explore.search import driver as d
from quorate.checker.explore.store.memory import Store
from quorate.checker.ground.packing import Packing
from quorate.checker.results import Orbits
from quorate.model.language.interpreter import State

if TYPE_CHECKING:
    from .symmetry import Reduction


class Canonical:
    """The representatives of packed states, for Python; states themselves where none is reduced."""

    def __init__(self, reduction: Reduction | None, machine: Machine) -> None:
        self._reduction, self._machine = reduction, machine
        self._reducing = reduction is not None and reduction.permutations > 1
        if self._reducing:
            kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
            self._call = kind(machine.address("canonical"))

    def __call__(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """The representative of a state."""
        if not self._reducing:
            return words
        found = np.ascontiguousarray(words).copy()
        self._call(found.ctypes.data)
        return found

    def distinct(self, states: list[State], packing: Packing) -> list[State]:
        """One state of each orbit."""
        if not self._reducing:
            return states
        return list({self(packing.pack(s)).tobytes(): s for s in reversed(states)}.values())[::-1]

    def orbits(self, stores: Iterable[Store]) -> Orbits | None:
        """What the states of these stores, all of them representatives, stand for."""
        r = self._reduction
        if r is None:
            return None
        total = np.zeros(1, np.int64)
        for s in stores:
            if self._reducing:
                d.sweep(self._machine.address("weigh"), s.words, s.states, s.count, 1, total)
            else:
                total += s.count
        refused = {s.__name__: why for s, why in r.refused.items()}
        return Orbits(int(total[0]), r.permutations, r.names, refused)
