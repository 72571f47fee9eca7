"""Calling an adapter: whatever it does is an answer, a refusal, or an `AdapterError`.

The adapter is the user's code. It may raise anything, call `sys.exit`, return anything. Each of
these is reported with the adapter's line, and never taken for an answer of the implementation.
"""

from __future__ import annotations

import enum
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from quorate._spelling import instead
from quorate.checker.conform.adapter import (
    Adapter,
    AdapterError,
    Chose,
    Contradiction,
    Refusal,
    Setting,
    Unrealisable,
)
from quorate.traces import FrozenMap, Record, Value

Arguments = tuple[tuple[str, Value], ...]

METHODS = ("start", "perform", "observe")
ANSWERS = (Refusal, Unrealisable, Contradiction, AdapterError)
"""What an adapter raises on purpose."""

KIT = str(Path(__file__).parents[1] / "kit")
"""What most adapters derive from; their own lines are elsewhere."""

MOST_KEPT = 100_000
"""How many messages are remembered."""

NOTHING: frozenset[Value] = frozenset()
DEEPEST = 100
MISTAKES = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    NotImplementedError,
    RecursionError,
    SyntaxError,
    TypeError,
)
"""What Python raises where a program is wrong, unless the Refusal is raised `from None`: it may be
how an implementation refuses a step, as by a KeyError."""

NEVER_ANSWERS = (
    AttributeError,
    ImportError,
    MemoryError,
    NameError,
    RecursionError,
    SyntaxError,
    TypeError,
)
"""What no implementation refuses a step by: `from None` does not hide it."""


class Caller:
    """An adapter whose answers are values of traces. Every method may raise AdapterError.

    Those that perform and observe may raise Contradiction.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self._plain: set[int] = set()
        """The ids of the messages that were returned, and are values already."""
        self._started = False
        self._kept: list[Record] = []  # no other object gets the id of one of these

    def places(self) -> dict[str, str]:
        """`file:line` of each method, as far as it is known."""
        known: dict[str, str] | None = getattr(self.adapter, "places", None)
        return known or {name: place_of(getattr(self.adapter, name)) for name in METHODS}

    def start(self, setting: Setting) -> None:
        """Set the adapter up, having stopped it; the return value is ignored."""
        self.stop()
        self._started = True
        try:
            _called(self.adapter.start, setting)
        except (Refusal, Unrealisable, Contradiction) as refusal:
            raise AdapterError(f"start refuses: {refusal}") from None

    def stop(self) -> None:
        """End what was set up, where the adapter says how."""
        stop = getattr(self.adapter, "stop", None)
        if self._started and stop is not None:
            if not callable(stop):
                raise AdapterError(f"the adapter's stop is {described(stop)}, expected a method")
            self._plainly(stop)
        self._started = False

    def perform(self, action: str, args: Mapping[str, Value]) -> frozenset[Value]:
        """The messages sent. Raises Refusal, Unrealisable."""
        return self.done(action, args)[0]

    def done(self, action: str, args: Mapping[str, Value]) -> tuple[frozenset[Value], Arguments]:
        """The messages sent, and the arguments that were chosen. Raises Refusal, Unrealisable."""
        perform = self.adapter.perform
        try:
            sent = perform(action, args)
        except Refusal as refusal:
            if (mistake := _mistake(refusal)) is not None:
                raise _by_mistake(perform, mistake) from refusal
            raise
        except ANSWERS:
            raise
        except (Exception, SystemExit) as error:
            raise _failed(perform, error) from error
        if type(sent) is frozenset and self._plain.issuperset(map(id, sent)):
            return sent, ()
        return self._returned(sent, action, args)

    def _returned(
        self, sent: Any, action: str, args: Mapping[str, Value]
    ) -> tuple[frozenset[Value], Arguments]:
        """What perform returned, as values."""
        chosen: Arguments = ()
        if isinstance(sent, Chose):
            if unknown := [name for name in sent.arguments if name not in args]:
                found = f"perform{_at(self.adapter.perform)} chose {', '.join(unknown)}"
                said = f"{found}, which {action} does not have; {instead(unknown[0], args)}"
                raise AdapterError(said)
            chosen = tuple(
                (n, self._value("perform", f"chose {n}:", v)) for n, v in sent.arguments.items()
            )
            sent = sent.sent
        if not isinstance(sent, (set, frozenset, list, tuple)) or hasattr(sent, "_fields"):
            found = f"perform{_at(self.adapter.perform)} returned {described(sent)}"
            hint = "; where nothing is sent, that is frozenset()" if sent is None else ""
            raise AdapterError(f"{found}, expected the messages sent, a set of Records{hint}")
        if not sent:
            return NOTHING, chosen
        messages = list(sent)
        values = [self._value("perform", "returned", message) for message in messages]
        returned = frozenset(values)  # whatever can be hashed cannot change
        self._keep([m for m, v in zip(messages, values, strict=True) if m is v])
        return returned, chosen

    def _keep(self, messages: list[Any]) -> None:
        """Remember records that are values as they are."""
        if len(self._kept) >= MOST_KEPT:
            self._plain.clear()
            self._kept.clear()
        new = [m for m in messages if type(m) is Record and id(m) not in self._plain]
        self._kept += new
        self._plain.update(map(id, new))

    def snapshot(self) -> Any:
        """A copy of the implementation's state; None where the adapter makes none."""
        method = getattr(self.adapter, "snapshot", None)
        if method is None:
            return None
        if not callable(getattr(self.adapter, "restore", None)):
            raise AdapterError(f"the adapter has snapshot{_at(method)}, but no method restore")
        return self._plainly(method)

    def restore(self, snapshot: Any) -> None:
        """Put a copy back."""
        self._plainly(self.adapter.restore, snapshot)  # type: ignore[attr-defined]

    def _plainly(self, method: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return _called(method, *arguments)
        except (Refusal, Unrealisable, Contradiction) as refusal:
            raise AdapterError(f"{method.__name__} refuses: {refusal}") from None

    def observe(self) -> dict[str, Any]:
        """The variables that the adapter shows, each as it shows it; `value` reads one.

        It may be the adapter's own dict, which the next call changes.
        """
        observe = self.adapter.observe
        try:
            seen = observe()
        except (Refusal, Unrealisable) as refusal:
            raise AdapterError(f"observe refuses: {refusal}") from None
        except ANSWERS:
            raise
        except (Exception, SystemExit) as error:
            raise _failed(observe, error) from error
        if type(seen) is dict and _TEXT.issuperset(map(type, seen)):
            return seen
        if not isinstance(seen, (dict, FrozenMap)):
            found = f"observe{_at(self.adapter.observe)} returned {described(seen)}"
            raise AdapterError(f"{found}, expected a dict of the model's variables")
        return {str(name): value for name, value in seen.items()}

    def value(self, variable: str, shown: Any) -> Value:
        """What the adapter shows of a variable, as a value of a trace."""
        return self._value("observe", f"shows {variable}:", shown)

    def _value(self, method: str, said: str, value: Any) -> Value:
        try:
            return plain(value)
        except NoValueError as error:
            place = _at(getattr(self.adapter, method))
            raise AdapterError(f"{method}{place} {said} {error}, expected a value") from None


class NoValueError(Exception):
    """The text describes what is no value of a trace."""


_PLAIN = frozenset({str, type(None), bool, int})
_TEXT = frozenset({str})


def plain(value: Any, depth: int = 0) -> Value:
    """A plain Python value as a value of a trace."""
    if value is None or type(value) in (str, bool, int):
        return value  # type: ignore[no-any-return]
    if type(value) is Record and _PLAIN.issuperset([type(v) for _, v in value.fields]):
        return value
    if depth > DEEPEST:
        raise NoValueError(f"values more than {DEEPEST} levels deep")
    match value:
        case enum.Enum():
            return value.name
        case int():
            return int(value)
        case str():
            return "".join(value)
        case Record():
            return Record(value.tag, tuple((n, plain(v, depth + 1)) for n, v in value.fields))
        case set() | frozenset():
            return frozenset(plain(v, depth + 1) for v in value)
        case list() | tuple() if not hasattr(value, "_fields"):  # a named tuple is a record
            return tuple(plain(v, depth + 1) for v in value)
        case dict() | FrozenMap():
            return FrozenMap({plain(k, depth + 1): plain(v, depth + 1) for k, v in value.items()})
    raise NoValueError(described(value))


def described(value: Any) -> str:
    """A value in a few words, for an error."""
    match value:
        case None | bool():
            return str(value)
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {value[:40]!r}"
    return f"an object of the class {type(value).__name__}"


def failure(name: str, method: Callable[..., Any], error: BaseException) -> AdapterError:
    """An exception of an adapter's method: the line there, and the one that raised it."""
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is our own
    begin = place_of(method)
    files = _files_of(method)
    own = [f for f in frames if f.filename in files]
    places = [f"{own[-1].filename}:{own[-1].lineno}" if own else begin]
    if frames and not frames[-1].filename.startswith("<"):
        places.append(f"{frames[-1].filename}:{frames[-1].lineno}")
    where = "".join(f", {place}" for place in dict.fromkeys(places) if place)
    if isinstance(error, SystemExit):
        return AdapterError(f"{name} calls for an exit ({error.code!r}){where}")
    return AdapterError(f"{name} raised {type(error).__name__}: {error}{where}")


def _files_of(method: Callable[..., Any]) -> set[str]:
    """The files that an adapter's classes are written in, without the kit if there are others."""
    cls = type(getattr(method, "__self__", None))
    modules = [sys.modules.get(c.__module__) for c in cls.__mro__]
    files = {getattr(module, "__file__", None) or "" for module in modules if module is not None}
    begin = place_of(method).rpartition(":")[0]
    own = {file for file in files if file and not file.startswith(KIT)}
    return own if begin.startswith(KIT) and own else {begin}


def _mistake(refusal: Refusal) -> BaseException | None:
    """The mistake of programming that a refusal was made of."""
    if _is_one_of(type(refusal.__context__), NEVER_ANSWERS):  # type: ignore[arg-type]
        return refusal.__context__
    error: BaseException | None = refusal
    while error is not None and not _is_one_of(type(error), MISTAKES):  # type: ignore[arg-type]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return error


_is_one_of = lru_cache(1000)(issubclass)


def _by_mistake(method: Callable[..., Any], mistake: BaseException) -> AdapterError:
    never = isinstance(mistake, NEVER_ANSWERS)
    how = "after the `except` clause" if never else "`from None`"
    hint = f"; if that is how the implementation says no, raise the Refusal {how}"
    return AdapterError(f"{failure('perform', method, mistake)}, and calls that a refusal{hint}")


def place_of(method: Any) -> str:
    """`file:line` of a method, or nothing if it is not written in Python."""
    code = getattr(inspect.unwrap(method), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else ""


def _at(method: Callable[..., Any]) -> str:
    place = place_of(method)
    return f" ({place})" if place else ""


def _called(method: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return method(*arguments)
    except ANSWERS:
        raise
    except (Exception, SystemExit) as error:
        raise _failed(method, error) from error


def _failed(method: Callable[..., Any], error: BaseException) -> AdapterError:
    return failure(getattr(method, "__name__", "the adapter"), method, error)
