"""From the packed states of a path to its steps, as CPython takes them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from quorate.checker.explore.codegen.groups import grouped
from quorate.checker.ground.packing import Packing, Words
from quorate.checker.results import Move
from quorate.errors import InternalError
from quorate.model.language.interpreter import Arguments, Interpreter, State

from .kernel import Kernel


class ExplorationError(InternalError):
    """The kernel and CPython disagree: a bug of the checker, not of the model."""


def steps_through(
    interpreter: Interpreter,
    state: State,
    rows: Iterable[Words],
    pack: Callable[[State], Words],
    kernel: Kernel | None = None,
) -> Iterator[Move]:
    """Steps from a state through states that `pack` maps to the rows, in order.

    With symmetry, `pack` gives the representative of an orbit, and the steps are a real path
    through the orbits. The kernel, if given, says which steps CPython should try first, so that it
    need not try all acceptors and quorums. Raises ExplorationError.
    """
    hints = _Hints(kernel) if kernel is not None else None
    for row in rows:
        for move in _candidates(interpreter, state, hints):
            if move.state != state and np.array_equal(pack(move.state), row):
                yield move
                state = move.state
                break
        else:
            raise ExplorationError(f"no action leads from {state!r} to the packed state {row}")


def _candidates(interpreter: Interpreter, state: State, hints: _Hints | None) -> Iterator[Move]:
    if hints is not None:
        for action, arguments in hints.enabled(state):
            after = interpreter.tried(state, action, arguments)
            if after is not None:
                yield Move(action, arguments, after)
    for action in interpreter.actions:
        for arguments in interpreter.choices(state, action):
            after = interpreter.tried(state, action, arguments)
            if after is not None:
                yield Move(action, arguments, after)


class _Hints:
    """The steps that the kernel would take in a state: actions with their arguments."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._packing = Packing(kernel.layout)
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 4)
        self._successors = kind(kernel.code.address("successors"))
        self._out = np.zeros(kernel.most_successors * kernel.words, np.uint64)
        self._labels = np.zeros(kernel.most_successors, np.uint32)
        self._fired = np.zeros(len(kernel.actions), np.int64)
        self._alike = {
            label: group.instances
            for group in grouped(kernel.source.possible)
            for label in group.labels
        }

    def enabled(self, state: State) -> Iterator[tuple[str, Arguments]]:
        """Instances with the effects of a step that changes the state; at least one is enabled."""
        words = self._packing.pack(state)
        arrays = (words, self._out, self._labels, self._fired)
        n = self._successors(*(a.ctypes.data for a in arrays))
        for label in self._labels[:n]:
            for instance in self._alike.get(int(label), ()):
                if not instance.loops:
                    pairs = zip(instance.action.parameters, instance.arguments, strict=True)
                    values = (self._packing.value(v, p.var.type) for p, v in pairs)
                    yield instance.action.name, tuple(values)
