"""Action instances by number: a compiled step reports its instance and the messages received.

An instance that loops over the messages sent stands for one step for each choice of messages. So
each instance has as many numbers as there are choices. The number of a step is its `code`.
"""

from __future__ import annotations

import bisect
import ctypes
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quorate.checker.explore.codegen.assembly import Module
from quorate.checker.explore.codegen.labels import INSTANCE, UNDEFINED_STEP
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.ground.instances import Instance
from quorate.checker.ground.packing import Packing
from quorate.checker.ground.shapes import Fields
from quorate.checker.lazily import lazily
from quorate.model.language import SizeError

from .kernel import Kernel
from .kernel_source import most_steps

if TYPE_CHECKING:
    from quorate.checker.explore.codegen import successors
else:
    successors = lazily("quorate.checker.explore.codegen.successors")


@dataclass(frozen=True)
class Label:
    """What a step does: the action, and its arguments by name."""

    action: str
    arguments: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.action}({', '.join(repr(v) for _, v in self.arguments)})"


class Labels:
    """The codes of action instances. Use it inside the sizes.

    Raises SizeError if the codes do not fit into 63 bits.
    """

    def __init__(self, instances: Sequence[Instance], packing: Packing) -> None:
        self.packing, self.instances = packing, instances
        widths = [math.prod(loop.choices for loop in i.loops) for i in self.instances]
        self.starts = list(itertools.accumulate(widths, initial=0))
        if self.starts[-1] >= 1 << 63:
            raise SizeError(f"the graph would have {self.starts[-1]:,} kinds of edges")

    def position(self, code: int) -> int:
        """Which instance a code belongs to, by its position."""
        return bisect.bisect_right(self.starts, code) - 1

    def instance(self, code: int) -> Instance:
        """The instance that a code belongs to."""
        return self.instances[self.position(code)]

    def label(self, code: int) -> Label:
        """The action and arguments that a code stands for."""
        instance, messages = self.instance(code), self._messages(code)
        pairs = zip(instance.action.parameters, instance.arguments, strict=True)
        found = [(p.var, messages.get(p.var.name, v)) for p, v in pairs]
        arguments = tuple((var.name, self.packing.value(v, var.type)) for var, v in found)
        return Label(instance.action.name, arguments)

    def chosen(self, code: int) -> dict[int, int]:
        """The values that a code gives to the symbols of its instance's loops, by symbol id."""
        return {
            symbol.id: value
            for loop, index, payload in self._loops(code)
            for symbol, value in ((loop.index, index), (loop.payload, payload))
            if not isinstance(symbol, int)
        }

    def _messages(self, code: int) -> dict[str, Any]:
        return {
            loop.parameter: Fields(loop.messages.fields(index, payload))
            for loop, index, payload in self._loops(code)
        }

    def _loops(self, code: int) -> list[tuple[Any, int, int]]:
        k = self.position(code)
        number = code - self.starts[k]
        found = []
        for loop in reversed(self.instances[k].loops):
            number, choice = divmod(number, loop.choices)
            found.append((loop, *divmod(choice, loop.messages.payloads)))
        return found


def every_step(
    kernel: Kernel, starts: Sequence[int], instances: Sequence[Instance] | None = None
) -> MachineCode:
    """Compiled `successors` with one successor and code for each enabled instance.

    By default of all that are possible. Then the kernel's key says what is compiled.
    """

    def module() -> Module:
        made, graph = Module(), kernel.layout.graph
        chosen = kernel.source.possible if instances is None else list(instances)
        successors.add_successors(made, graph, kernel.words, chosen, kernel.actions, list(starts))
        return made

    key = kernel.key_with("every step", list(starts)) if instances is None else None
    return MachineCode(module, quick=True, key=key)


class Expander:
    """The steps of one packed state at a time, by compiled code; a row is its words as bytes.

    The code of a step is that with which its instance starts, and its choice of messages. By
    default the instances are all that are possible.
    """

    def __init__(
        self, kernel: Kernel, starts: Sequence[int], instances: Sequence[Instance] | None = None
    ) -> None:
        machine_code = every_step(kernel, starts, instances)
        self._machine_code = machine_code  # its addresses are used
        self._bytes = kernel.words * 8
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_char_p, *[ctypes.c_void_p] * 3)
        self._call = kind(machine_code.address("successors"))
        most = max(1, kernel.most_transitions if instances is None else most_steps(instances))
        self._out = np.zeros(most * kernel.words, np.uint64)
        self._codes = np.zeros(most, np.int64)
        self._fired = np.zeros(len(kernel.actions), np.int64)
        self._arrays = tuple(a.ctypes.data for a in (self._out, self._codes, self._fired))

    def codes(self, row: bytes) -> list[int]:
        """The code of each step from a state."""
        found: list[int] = self._codes[: self._call(row, *self._arrays)].tolist()
        return found

    def steps(self, row: bytes) -> list[tuple[int, bytes]]:
        """The code of each step from a state, and the state that it leads to."""
        codes, size = self.codes(row), self._bytes
        rows = self._out.view(np.uint8)[: len(codes) * size].tobytes()
        return [(code, rows[k * size : (k + 1) * size]) for k, code in enumerate(codes)]


class UndefinedSteps:
    """Finds the undefined steps of a packed state, if the kernel has any."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_char_p, *[ctypes.c_void_p] * 3)
        self._call = kind(kernel.code.address("successors"))
        self._out = np.zeros(kernel.most_successors * kernel.words, np.uint64)
        self._labels = np.zeros(kernel.most_successors, np.uint32)
        self._fired = np.zeros(len(kernel.actions), np.int64)
        self._arrays = tuple(a.ctypes.data for a in (self._out, self._labels, self._fired))
        self.possible = any(i.undefined for i in kernel.source.possible)

    def first(self, row: bytes) -> int | None:
        """The instance, by its position in `Kernel.possible`, of an undefined step."""
        if not self.possible:
            return None
        labels = self._labels[: self._call(row, *self._arrays)]
        found = labels[labels & UNDEFINED_STEP != 0]
        return int(found[0]) & INSTANCE if len(found) else None
