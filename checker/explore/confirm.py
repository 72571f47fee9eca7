"""Confirming with CPython what a search found."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quorate.checker.explore.codegen.labels import NO_STEP
from quorate.checker.ground.packing import Packing
from quorate.checker.ground.to_python import function
from quorate.checker.ground.vector import States
from quorate.checker.results import DEADLOCK, Finding, Move, Outcome
from quorate.model.language import StepError
from quorate.model.language.diagnostics import UndefinedAt
from quorate.model.language.interpreter import Interpreter, State

from .kernel import Kernel
from .paths import ExplorationError
from .starts import FirstLook, Starts

FEW = 2_000  # initial states that are all judged by CPython
SAMPLE = 100  # of more than that, it judges so many

if TYPE_CHECKING:
    from quorate.checker.ground.evaluation import UndefinedOperation
    from quorate.checker.ground.instances import Instance


@dataclass(frozen=True)
class Confirmer:
    """Runs the protocol's own properties and steps where the kernel found something."""

    kernel: Kernel
    interpreter: Interpreter
    packing: Packing

    def look(self, starts: Starts) -> FirstLook:
        """The first look of a search at its initial states: by CPython, if they are few.

        Many are judged by compiled code. CPython confirms a sample, and the state that ends the
        search. Raises ExplorationError.
        """
        if len(starts) > FEW:
            return self._compiled_look(starts)
        reached, bad = 0, self.kernel.bad
        for k, state in enumerate(starts.states):
            bits = self.bits(state)
            reached |= bits & ~bad
            if bits & bad:
                return FirstLook(reached, bits & bad, k)
        return FirstLook(reached, 0, 0)

    def _compiled_look(self, starts: Starts) -> FirstLook:
        code, rows = self.kernel.look(), np.ascontiguousarray(starts.rows)
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)
        call = kind(code.address("look"))

        def look(part: States) -> tuple[int, int]:
            reached = np.zeros(1, np.int64)
            return call(part.ctypes.data, len(part), reached.ctypes.data), int(reached[0])

        first, reached = look(rows)
        for k in sorted({first * i // SAMPLE for i in range(SAMPLE)} - {first}):
            if look(rows[k : k + 1]) != (1, self.bits(starts.states[k])):
                raise ExplorationError(f"the kernel judges {starts.states[k]!r} wrongly")
        if first == len(rows):
            return FirstLook(reached, 0, 0)
        bits, bad = self.bits(starts.states[first]), self.kernel.bad
        if not bits & bad:
            raise ExplorationError(f"the kernel ends with {starts.states[first]!r}, CPython not")
        return FirstLook(reached | bits & ~bad, bits & bad, first)

    def bits(self, state: State) -> int:
        """What `check` should return for an initial state: bit i for property i (see `Kernel`).

        CPython judges, and the kernel says whether something is undefined that CPython does not
        look at: all that `check` says of later states rests on nothing being undefined in this one.
        """
        properties = self.kernel.description.properties
        bits = 0
        for i, p in enumerate(properties):
            try:
                if self.interpreter.holds(p.name, state) == (p.kind == "reachable"):
                    bits |= 1 << i
            except StepError:
                bits |= 1 << len(properties)
        if self.kernel.deadlock:
            try:
                bits |= self.kernel.resting * self.interpreter.is_deadlock(state)
            except StepError:
                bits |= 1 << len(properties)
        return bits | self._undefined(state)

    def _undefined(self, state: State) -> int:
        """The bit of what is undefined, as the kernel finds it."""
        words = self.packing.pack(state)
        label = np.array([NO_STEP], np.uint32)
        check = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
        found = check(self.kernel.check())(words.ctypes.data, label.ctypes.data)
        return int(found) & 1 << len(self.kernel.description.properties)

    def finding(
        self, outcome: Outcome, initial: State, path: tuple[Move, ...], found: int
    ) -> Finding:
        """What is wrong at the end of a path; `found` is what `check` returned, or a label."""
        if outcome is Outcome.UNDEFINED:
            return self.of_step(initial, path, found)
        return self.of_state(initial, path, found)

    def of_state(self, initial: State, path: tuple[Move, ...], bits: int) -> Finding:
        """What CPython finds wrong in the last state of a path; `bits` is what the kernel found.

        Raises ExplorationError if CPython finds nothing wrong.
        """
        state = path[-1].state if path else initial
        description = self.kernel.description
        others = (p for p in description.properties if p.kind != "invariant")
        for p in (*others, *description.invariants):
            try:
                holds = self.interpreter.holds(p.name, state)
            except StepError as error:
                return Finding(initial, path, undefined=error.at)
            if not holds and p.kind == "invariant":
                return Finding(initial, path, violated=p.name)
        if self.kernel.deadlock:
            try:
                if self.interpreter.is_deadlock(state):
                    return Finding(initial, path, violated=DEADLOCK)
            except StepError as error:
                return Finding(initial, path, undefined=error.at)
        if bits >> len(description.properties) & 1:
            # The description may look where CPython, going in order, does not.
            return Finding(initial, path, undefined=self._stricter_property(state))
        name = self.kernel.violated(bits)
        raise ExplorationError(f"the kernel finds {name} violated in {state!r}, CPython does not")

    def of_step(self, initial: State, path: tuple[Move, ...], label: int) -> Finding:
        """The first undefined step that CPython meets in the last state of a path.

        If CPython meets none, it is the instance number `label` of `KernelSource.possible`.
        """
        state = path[-1].state if path else initial
        return Finding(initial, path, undefined=self._undefined_step(state, label))

    def _undefined_step(self, state: State, label: int) -> UndefinedAt:
        try:
            for _ in self.interpreter.successors(state):
                pass
        except StepError as error:
            if error.at is not None:
                return error.at
        return self._stricter_step(state, label)

    # ------------------------------------------------------------ stricter than CPython

    # The description may look where CPython, which stops at what settles a question, does not.

    def _stricter_property(self, state: State) -> UndefinedAt:
        kernel = self.kernel
        d = kernel.description
        asked = (*d.properties, *d.finals) if kernel.deadlock else d.properties
        pairs = list(zip(asked, kernel.source.undefined, strict=True))
        for p, reasons in pairs:
            if (reason := self._first(reasons, state)) is not None:
                return UndefinedAt(p.kind, p.name, (), state, reason.span, reason.what)
        raise ExplorationError(f"the kernel finds a property undefined in {state!r}: none is")

    def _stricter_step(self, state: State, label: int) -> UndefinedAt:
        possible = self.kernel.source.possible
        for instance in possible:
            if not instance.loops and (reason := self._first(instance.undefined, state)):
                return self._of_instance(instance, reason, state)
        return self._of_instance(possible[label], possible[label].undefined[0], state)

    def _of_instance(self, i: Instance, reason: UndefinedOperation, state: State) -> UndefinedAt:
        arguments: tuple[Any, ...] = ()
        if not i.loops:
            pairs = zip(i.action.parameters, i.arguments, strict=True)
            arguments = tuple(self.packing.value(v, p.var.type) for p, v in pairs)
        return UndefinedAt("action", i.action.name, arguments, state, reason.span, reason.what)

    def _first(
        self, reasons: Sequence[UndefinedOperation], state: State
    ) -> UndefinedOperation | None:
        """The first of what may be undefined that is so in a state."""
        words = self.packing.pack(state).tolist()
        values = function([u.when for u in reasons])(words)
        return next((u for u, holds in zip(reasons, values, strict=True) if holds), None)
