"""The interface to an implementation, through its adapter, here or in another process.

Several probes are made in one exchange.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from quorate.checker.conform.adapter import Setting
from quorate.checker.tracing.build import message_variable, processes_of
from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.protocol import Protocol as Model
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.traces import FrozenMap, Value

from .answers import Answer


class Subject(Protocol):
    """An implementation that can be driven. Every method may raise AdapterError."""

    @property
    def places(self) -> Mapping[str, str]:
        """`file:line` of each of the adapter's methods, as far as it is known."""
        ...

    def start(self, setting: Setting) -> Answer:
        """Set the implementation up again from the start."""
        ...

    def step(self, action: str, args: Mapping[str, Value]) -> Answer:
        """Take one step, and observe."""
        ...

    def probe(self, calls: Sequence[tuple[str, Mapping[str, Value]]]) -> Iterator[Answer]:
        """Try steps one after the other, and look after each, at least to where one does something.

        One does nothing if it sends nothing, and what is seen stays. A later step may be tried only
        when its answer is asked for, or not at all where an earlier one does something.
        """
        ...

    def snapshot(self) -> Any:
        """A copy of the implementation's state to be restored; None if the adapter makes none."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Put a copy back. It can be put back again."""
        ...

    def value(self, variable: str, shown: Any) -> Value:
        """What is shown of a variable, as a value of a trace."""
        ...


def setting_of(model: type[Model], sizes: Sizes, name: str, initial: FrozenMap) -> Setting:
    """What an adapter is told of a model, named `name`, to start in a state. Use it in `sizes`."""
    description = describe(model)
    return Setting(
        protocol=name,
        sizes=tuple(sizes.items()),
        initial=initial,
        processes=tuple(repr(e) for sort in processes_of(description) for e in sort),
        faults=tuple(sizes.faults.items()),
        messages=message_variable(model),
        elements={s.__name__: tuple(map(show_value, of)) for s, of in sizes.elements.items()},
    )
