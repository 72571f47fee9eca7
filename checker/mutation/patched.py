"""The kernel of a mutant: that of the protocol, and new code for the actions that were changed.

To unroll and compile all actions takes seconds, and as a rule a change is in one of them. A kernel
of the mutant's own has the steps of the changed actions alone. The mutant's `successors` are those
of the protocol without its steps by these actions, then those of its own kernel. `check` of a
state that a step of the protocol led to is the protocol's, of others that of the own kernel: both
were made from the same properties in the same layout, and what each takes as known (what holds
before the step, and what the step itself says) does not depend on the other actions.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.kernel_source import KernelSource
from quorate.checker.explore.metadata import KernelMetadata
from quorate.checker.ground.evaluation import UndefinedOperation
from quorate.checker.ground.instances import Instance
from quorate.checker.ground.layout import Layout
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.digest import stable_text
from quorate.model.language.ir import core as c

from .joined import JOINED, JoinedPart


def kernel_like(
    original: Kernel,
    description: c.Description,
    sizes: Sizes,
    symmetry: bool,
    por: bool,
    **how: Any,
) -> Kernel:
    """The kernel of a mutant of what the `original` was made for, at the same sizes.

    Variables that the mutant adds have cells where the original has room left in its words. Where
    more differs, where there is no such room, or where deadlocks and constraints matter, which
    concern all actions, it is made like any other.
    """
    before = {a.name: stable_text(a) for a in original.description.actions}
    changed = {a.name for a in description.actions if before.get(a.name) != stable_text(a)}
    constrained = any(p.kind == "constraint" for p in description.properties)
    alike = _extends(description, original.description)
    if not alike or constrained or symmetry or por or any(how.values()):
        return Kernel(description, sizes, symmetry, por, **how)
    layout = Layout(description, sizes, like=original.layout)
    if not _fits(layout, original.layout):
        return Kernel(description, sizes, symmetry, por, **how)
    if not changed:
        return original
    only = frozenset(changed)
    own = Kernel(description, sizes, derives=False, only=only, like=original.layout)
    return PatchedKernel(original, own)


def _extends(mutant: c.Description, original: c.Description) -> bool:
    """Whether they agree in all that a kernel depends on, but for what actions do and what is new.

    That a variable is volatile is part of what actions do: a crash resets it.
    """
    known = {v.name for v in original.variables}
    actions = [a.name for a in original.actions]
    return (
        original.protocol.sorts() == mutant.protocol.sorts()
        and dict(original.protocol.faults) == dict(mutant.protocol.faults)
        and actions == [a.name for a in mutant.actions if a.name in actions]
        and _text(original.variables) == _text([v for v in mutant.variables if v.name in known])
        and stable_text(original.properties) == stable_text(mutant.properties)
    )


def _text(variables: Sequence[Variable]) -> str:
    return stable_text([replace(v, volatile=False) for v in variables])


def _fits(layout: Layout, original: Layout) -> bool:
    """Whether each cell of the original is where it was, and stands for the same values."""
    return (
        layout.words == original.words
        and original.placed().items() <= layout.placed().items()
        and _spaces(original) == _spaces(layout)
    )


def _spaces(layout: Layout) -> dict[str, list[tuple[str, int, bool]]]:
    return {
        m.column.name: [(s.name, s.size, s.proper) for s in m.spaces]
        for m in layout.messages.values()
    }


class PatchedKernel(Kernel):
    """The `original` kernel without the steps of the actions that `own` has the steps of."""

    def __init__(self, original: Kernel, own: Kernel) -> None:
        assert own.only is not None
        self.changed = own.only
        self.description, self.sizes, self.layout = own.description, own.sizes, own.layout
        self.derives, self._key = False, None
        self.original, self.own = original, own
        old = original.source.possible
        self._omitted = np.array([i.action.name in self.changed for i in old], np.uint8)
        taken = original.actions
        self._kept = np.array([name not in self.changed for name in taken], np.int64)
        self._places = np.array([self.actions.index(name) for name in taken], np.int64)
        self._fired = np.zeros(len(taken), np.int64)
        self._parts = np.zeros(len(JoinedPart), np.uint64)
        self._parts[JoinedPart.OMITTED_AT] = self._omitted.ctypes.data
        self._parts[JoinedPart.KEPT_AT] = self._kept.ctypes.data
        self._parts[JoinedPart.PLACES_AT] = self._places.ctypes.data
        self._parts[JoinedPart.FIRED_AT] = self._fired.ctypes.data
        self._parts[JoinedPart.ACTIONS] = len(taken)
        self._parts[JoinedPart.INSTANCES] = len(old)
        self._parts[JoinedPart.WORDS] = self.words
        self.metadata = _sum(original.metadata, own.metadata)
        self.code = MachineCode(JOINED)
        self._give()
        join = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(self.code.address("join"))
        join(self._parts.ctypes.data)

    def _give(self) -> None:
        """Tell the code where the functions of the two kernels are."""
        self._parts[JoinedPart.OLD_SUCCESSORS_AT] = self.original.successors()
        self._parts[JoinedPart.NEW_SUCCESSORS_AT] = self.own.successors()
        self._parts[JoinedPart.OLD_CHECK_AT] = self.original.check()
        self._parts[JoinedPart.NEW_CHECK_AT] = self.own.check()

    @property
    def slice(self) -> int:
        """As few as the one of the two whose code is to be improved first."""
        return min(self.original.slice, self.own.slice)

    def improve(self, expanded: int) -> None:
        """Compile the code of both kernels better as a search expands more states."""
        self.original.improve(expanded)
        self.own.improve(expanded)
        self._give()

    @cached_property
    def source(self) -> KernelSource:
        """What the steps of the two kernels stand for, in the order of their labels."""
        return _JoinedSource(self)


class _JoinedSource(KernelSource):
    def __init__(self, kernel: PatchedKernel) -> None:
        super().__init__(kernel.layout, por=False)
        self._old, self._own = kernel.original.source, kernel.own.source
        self._omitted = kernel._omitted

    @cached_property
    def possible(self) -> list[Instance]:
        """Those of the original, of which the omitted ones do nothing, then the mutant's own."""
        pairs = zip(self._old.possible, self._omitted, strict=True)
        old = [replace(i, undefined=(), early=0) if omitted else i for i, omitted in pairs]
        return [*old, *self._own.possible]

    @property
    def undefined(self) -> list[list[UndefinedOperation]]:
        """The same for both: they have the same properties."""
        return self._old.undefined


def _sum(one: KernelMetadata, other: KernelMetadata) -> KernelMetadata:
    return KernelMetadata(
        (),
        one.instances + other.instances,
        one.most_successors + other.most_successors,
        one.most_transitions + other.most_transitions,
    )
