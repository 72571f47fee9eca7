"""What an object does if its operations come one after another; bundled: a register and a lock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable
from typing import ClassVar

from quorate.checker.errors import InputError

from .operation import Operation, exact, shown


class Specification(ABC):
    """A sequential object. Its states are hashable values.

    Operations with different keys are on different objects, which are checked one by one: a
    history is linearizable if and only if that of each object is (Herlihy and Wing, 1990, §3.3).
    """

    calls: ClassVar[Collection[str]]
    """The names of its operations; any other in a history is refused."""

    initial: Hashable = None
    """The state of an object that nobody has used."""

    @abstractmethod
    def after(self, state: Hashable, operation: Operation) -> Collection[Hashable]:
        """The states in which `operation` may leave the object.

        None if it cannot happen in `state` with the result that was observed. The result of an
        operation with `known` false was not observed: any is possible.
        """

    def only_reads(self, operation: Operation) -> bool:
        """Whether `operation` changes no state, whatever it is. By default no: that is always safe.

        For such operations the search needs not try when they happened.
        """
        return False

    def effect(self, operation: Operation) -> tuple[Hashable, ...]:
        """What `after` looks at: it cannot tell operations with the same effect apart."""
        return (
            operation.process,
            operation.call,
            exact(operation.argument),
            exact(operation.result),
            operation.known,
        )

    def describe(self, state: Hashable) -> str:
        """A state for people."""
        return shown(state)


class Register(Specification):
    """A register, or with keys a key-value store: of each key what was last written there.

    Operations are `read` or `get`, `write` or `put`, `append` to a string, `delete`, and `cas`
    (compare and set) from one value to another, which may return false where it changed nothing.
    """

    calls = ("read", "get", "write", "put", "append", "delete", "cas")

    def after(self, state: Hashable, operation: Operation) -> Collection[Hashable]:
        value = operation.argument
        match operation.call:
            case "read" | "get":
                seen = not operation.known or exact(operation.result) == exact(state)
                return (state,) if seen else ()
            case "write" | "put":
                return (value,)
            case "append":
                return (f"{'' if state is None else state}{value}",)
            case "delete":
                return (None,)
        old, new = _pair(operation)
        equal = exact(state) == exact(old)
        if not operation.known:
            return (new if equal else state,)
        if operation.result is False:
            return () if equal else (state,)
        return (new,) if equal else ()

    def only_reads(self, operation: Operation) -> bool:
        return operation.call in ("read", "get") or operation.result is False

    def effect(self, operation: Operation) -> tuple[Hashable, ...]:
        return super().effect(operation)[1:]  # whose it is does not matter


def _pair(operation: Operation) -> tuple[Hashable, Hashable]:
    value = operation.argument
    if not isinstance(value, tuple) or len(value) != 2:
        said = f"cas has the value {shown(value)}, expected two: the old value and the new"
        place = f"{operation.file}:{operation.line}"
        raise InputError(f"{place}: {said}", operation.file, operation.line)
    return value[0], value[1]


class Lock(Specification):
    """A lock that one process at a time holds; it is released by the one that acquired it."""

    calls = ("acquire", "release")

    def after(self, state: Hashable, operation: Operation) -> Collection[Hashable]:
        if operation.call == "acquire":
            free, then = state is None, operation.process
        else:
            free, then = state == operation.process, None
        if operation.known:
            return (then,) if free else ()
        return (then,) if free else (state,)

    def describe(self, state: Hashable) -> str:
        return "free" if state is None else f"held by {state}"


BUNDLED: dict[str, type[Specification]] = {"register": Register, "lock": Lock}
"""The specifications that have a name."""
