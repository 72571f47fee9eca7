"""The content of a log line in the model's terms, and the interface of mappings that read lines."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from quorate.checker.conform.adapter import Setting

Happening = tuple[str, Mapping[str, Any]]
"""An action by name, and some of its arguments by theirs."""


@dataclass(frozen=True, slots=True)
class Says:
    """What one line of a log says. Whatever it leaves out is unknown.

    The line is of one step of the model, after which its `values` are seen. `events` are the
    steps that it may be of: one of them happened. None says that any step may have happened, or
    none; an empty sequence that nothing happened, the line only says what is there.
    """

    events: Sequence[Happening] | None = None
    maybe: bool = False
    """Whether it may also be that none of the events happened."""
    blocked: bool = False
    """Whether nothing happened if the model can take none of the events here."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """By variable, or by cell as in `max_bal[a0]`. Of a map a part may be given, of a sequence its
    length, as in `len(log[s0])`."""
    received: Sequence[Any] = ()
    """Messages that have been sent before the step. Fields that are left out may be anything."""
    sent: Sequence[Any] = ()
    """Messages that have been sent after the step."""
    holds: Sequence[Happening] = ()
    """Predicates (`@define`) that are true after the step, for some choice of what is left out."""
    node: str | None = None
    """Who wrote it: a process, as the log calls it."""
    clock: Mapping[str, int] | None = None
    """A vector clock: of each node, how many of its events this line knows, its own included."""
    sends: Sequence[Hashable] = ()
    """Names for what is sent: a line that has the same name in `takes` comes after this one."""
    takes: Sequence[Hashable] = ()
    """Names for what was received, as the sender's line has them in `sends`."""
    left_out: str | None = None
    """What the line says that the model does not have, if the rest is compared all the same."""
    beyond: str | None = None
    """What it says that the model cannot express, if the lines after it are judged all the same."""
    crash: str | None = None
    """The node that is declared to have crashed before this line: its last line may be cut."""


class Beyond(Exception):
    """What the model at its sizes cannot express; the text says what and why."""


class Unreadable(Exception):
    """A line that makes no sense; the text says what was found, and what was expected."""


class LogMapping(Protocol):
    """Reads the lines of one system's logs as lines about a model. Made without arguments."""

    def start(self, setting: Setting, lines: Iterable[Mapping[str, Any]]) -> object:
        """Get ready: `setting` has the model's elements by sort, `lines` is all that will be read.

        Raises Unreadable.
        """
        ...

    def read(self, line: Mapping[str, Any]) -> Says | None:
        """What a line says; None if it says nothing of the model. Raises Beyond, Unreadable."""
        ...


class Numbering:
    """The code's identifiers and the elements of one sort, one to one.

    Identifiers get elements in the order in which they are first asked for. Where the sort is
    ordered, so must they be: `ordered` is all of them, and the lowest gets the first element.
    """

    def __init__(
        self, what: str, elements: Sequence[Any], ordered: Iterable[Any] | None = None
    ) -> None:
        self.what, self.elements = what, tuple(elements)
        self._bound = {x: k for k, x in enumerate(sorted(set(ordered or ())))}
        self._complete = ordered is not None

    def add(self, identifier: Any) -> None:
        """Bind an identifier to the next element, if there is one; unless it is bound."""
        if identifier not in self._bound:
            if self._complete:
                raise Unreadable(
                    f"found {identifier}, which is none of the {self.what}s in the log"
                )
            self._bound[identifier] = len(self._bound)

    def __getitem__(self, identifier: Any) -> Any:
        """The element that stands for an identifier. Raises Beyond where there are too few."""
        self.add(identifier)
        k = self._bound[identifier]
        if k >= len(self.elements):
            found = f"{identifier} is {self.what} number {k + 1} in the log"
            raise Beyond(f"{found}, and the model has {len(self.elements)}")
        return self.elements[k]

    def pairs(self) -> list[tuple[Any, Any]]:
        """The identifiers that have an element, each with it."""
        return list(zip(self._bound, self.elements, strict=False))
