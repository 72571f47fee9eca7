"""A model in which some actions are otherwise, searched for states that violate an invariant.

What is found is no run of the model, and says nothing of any code until the code has done it.
"""

from __future__ import annotations

import ctypes
import itertools
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from quorate.checker.conform.showing import Row
from quorate.checker.conform.space import Call, Code
from quorate.checker.explore.expand import Expander, Labels, UndefinedSteps
from quorate.checker.explore.kernel import Kernel
from quorate.checker.ground.packing import Packing
from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE

LOOKS = 1000
"""After so many states each it is asked whether to stop."""


def without_writes(action: c.Action, variable: str) -> c.Action:
    """An action that does not change a variable, or does not send what is held in it."""
    return replace(action, effects=tuple(e for e in action.effects if e.variable != variable))


def without_guards(action: c.Action, positions: Iterable[int]) -> c.Action:
    """An action that is taken whether these guards hold or not."""
    left_out = set(positions)
    guards = (
        replace(g, condition=TRUE) if k in left_out else g for k, g in enumerate(action.guards)
    )
    return replace(action, guards=tuple(guards))


class Supposed:
    """A description at given sizes. Make it and use it inside the sizes. Raises SizeError."""

    def __init__(self, description: c.Description, sizes: Sizes) -> None:
        # What follows from other cells in the model need not follow where it is otherwise.
        self._kernel = Kernel(description, sizes, derives=False)
        self._packing = Packing(self._kernel.layout)
        instances = self._kernel.source.possible
        self._labels = Labels(instances, self._packing)
        self._steps = Expander(self._kernel, self._labels.starts)
        self._undefined = UndefinedSteps(self._kernel)
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_char_p, ctypes.c_void_p)
        self._check = kind(self._kernel.check())

    def violations(
        self, root: State, wanted: Collection[str], most: int, stop: Callable[[], bool]
    ) -> Iterator[tuple[str, list[Call]]]:
        """Violated invariants of those that are `wanted`, each with a run; the shortest first.

        The root itself is not looked at. It ends after so many states, when none is wanted, or
        when it is to stop.
        """
        kernel, label = self._kernel, ctypes.c_uint32()
        place, position = ctypes.addressof(label), self._labels.position
        bits_of = {p.name: 1 << k for k, p in enumerate(kernel.description.properties)}
        origin: dict[Row, tuple[Row, Code] | None] = {self._packing.pack(root).tobytes(): None}
        queue = deque(origin)
        for looked_at in itertools.count():
            if not queue or not wanted or len(origin) >= most:
                return
            if looked_at % LOOKS == 0 and stop():
                return
            row = queue.popleft()
            if self._undefined.first(row) is not None:
                continue
            for code, after in self._steps.steps(row):
                if after in origin:
                    continue
                origin[after] = row, code
                queue.append(after)
                label.value = position(code)
                # What was violated before may be missing here, but not what was not.
                if bits := self._check(after, place) & kernel.bad:
                    for name in [n for n in wanted if bits & bits_of[n]]:
                        yield name, self._run(origin, after)

    def _run(self, origin: dict[Row, tuple[Row, Code] | None], row: Row) -> list[Call]:
        found: list[Call] = []
        while (step := origin[row]) is not None:
            row, code = step
            label = self._labels.label(code)
            args = {name: show_value(v) for name, v in label.arguments}
            values = tuple(v for _, v in label.arguments)
            found.append(Call(label.action, args, values, environment=False))
        return found[::-1]
