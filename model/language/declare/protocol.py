"""The `Protocol` base class and its decorators: a description that plain CPython can run.

A protocol is an ordinary class. Its annotated attributes are the state variables, its decorated
methods are the actions and properties. The interpreter runs the class as it is, the frontend reads
its source; both start from `Protocol.variables` and `Protocol.methods`.
"""

from __future__ import annotations

import enum
import inspect
import types as pytypes
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, TypeVar, overload

from quorate._spelling import instead
from quorate.model.language.diagnostics import SizeError

from .annotations import Fixed, NotAType, scope_of
from .initial import Initial, NatClass
from .networks import Network
from .part_updates import with_part_updates
from .quorums import QuorumSystem, is_kind
from .sizing import check_sizes, sized_sorts
from .sorts import Nat, Sizes, Sort
from .types import MapType, MessagesType, Record, Type, type_of
from .values import frozen

F = TypeVar("F", bound=Callable[..., Any])
LARGEST_SIZE = 64


class Disabled(Exception):
    """Raised by `require`: the action cannot be taken in this state."""


# Set while the interpreter looks for the guards that fail: it is told the value of each `require`,
# and none of them disables the action.
observer: ContextVar[Callable[[object], None] | None] = ContextVar("observer", default=None)


def require(condition: object) -> None:
    """One condition of an action's guard. It comes before the first effect."""
    if (told := observer.get()) is not None:
        told(condition)
    elif not condition:
        raise Disabled


ENVIRONMENT = "environment"
FAIRNESS = ("weak", "strong")
PREDICATES = ("invariant", "reachable", "final", "constraint")
TEMPORAL = ("eventually", "always_eventually", "eventually_always", "leads_to", "step_property")
KINDS = ("init", "action", "define", *PREDICATES, *TEMPORAL)


@dataclass(frozen=True)
class Mark:
    """What a decorator says of a method: its kind and, for an action, who takes it.

    `fair` is "weak" or "strong", for each value of the parameters `fair_for` on its own.
    """

    kind: str
    fault: str | None = None
    by: str | None = None
    fair: str | None = None
    fair_for: tuple[str, ...] = ()

    @property
    def environment(self) -> bool:
        """Whether an action is the environment's: a fault, a loss, a timer that runs out."""
        return self.fault is not None or self.by == ENVIRONMENT


@overload
def action(function: F) -> F: ...
@overload
def action(
    *,
    fault: str | None = None,
    by: str | None = None,
    fair: str | None = None,
    fair_for: str | tuple[str, ...] = (),
) -> Callable[[F], F]: ...
def action(
    function: Any = None,
    *,
    fault: str | None = None,
    by: str | None = None,
    fair: str | None = None,
    fair_for: str | tuple[str, ...] = (),
) -> Any:
    """An atomic step; its parameters range over their types.

    `fault=` names the budget that each such step uses up by one. `by="environment"` says that no
    process decides on the step: a timer runs out, a message is lost. Faults are always the
    environment's.

    `fair="weak"` says that the step is taken if from some point on it can always be taken (justice,
    WF), `fair="strong"` that it is taken if it can be taken again and again (compassion, SF). A
    step that changes nothing does not count. With `fair_for="p"`, or several names, that is so for
    each value of these parameters; otherwise it is enough that the step is taken with some.

    Raises ValueError for any other `by` or `fair`, and for a `fair_for` without `fair`.
    """
    if by not in (None, ENVIRONMENT):
        raise ValueError(f"by={by!r}: only by={ENVIRONMENT!r} is known")
    if fair not in (None, *FAIRNESS):
        raise ValueError(f'fair={fair!r}: fairness is "weak" or "strong"')
    names = (fair_for,) if isinstance(fair_for, str) else tuple(fair_for)
    if names and fair is None:
        raise ValueError(f'fair_for={fair_for!r}: say how, by fair="weak" or fair="strong"')
    mark = marker(Mark("action", fault, by, fair, names))
    return mark(function) if function is not None else mark


def marker(mark: Mark, said: str = "") -> Callable[[Any], Any]:
    """The decorator that puts a mark on a method; what is `said` of it is its docstring."""

    def decorate(function: Any = (), **given: Any) -> Any:
        if given or not inspect.isfunction(function):
            raise TypeError(f"@{mark.kind} stands alone above a method; found {given or function}")
        if hasattr(function, "_quorate"):
            raise TypeError(
                f"{function.__qualname__} is already an @{function._quorate.kind}; "
                f"it cannot be an @{mark.kind} too"
            )
        function = with_part_updates(function)
        function._quorate = mark
        return function

    decorate.__name__, decorate.__doc__ = mark.kind, said
    return decorate


init: Callable[[F], F] = marker(Mark("init"), "Says what the first states are, as an action.")
define: Callable[[F], F] = marker(Mark("define"), "A part of formulas, with a name.")
invariant: Callable[[F], F] = marker(Mark("invariant"), "True in every reachable state.")
reachable: Callable[[F], F] = marker(Mark("reachable"), "A goal: true in some reachable state.")
final: Callable[[F], F] = marker(Mark("final"), "Where a run may end: no deadlock.")
constraint: Callable[[F], F] = marker(Mark("constraint"), "States outside are not expanded.")


@dataclass(frozen=True)
class Variable:
    """A state variable: its type, its initial value (of each cell, for a map), its class."""

    name: str
    type: Type
    initial: Any
    volatile: bool
    owner: Any
    drift: NatClass | None = None  # of clocks: how far they may be apart
    constant: bool = False  # whether no step changes it
    private: bool = False  # whether a step uses cells of one process alone


class Protocol:
    """Base class of all protocols. To modify a protocol, write a subclass of it."""

    faults: ClassVar[Mapping[str, int]] = {}
    _scope: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._scope = scope_of(cls)
        for name, start in list(vars(cls).items()):
            if isinstance(start, Initial):
                start.complete(cls, name)

    @classmethod
    def methods(cls, kind: str) -> dict[str, Any]:
        """The methods decorated as `kind`, in order of declaration, each as last overridden."""
        return {name: m for name, m in _decorated(cls).items() if m._quorate.kind == kind}

    @classmethod
    def variables(cls) -> dict[str, Variable]:
        """The state variables by name, in order of declaration. Raises BadAnnotation."""
        found: dict[str, Variable] = {}
        for base in reversed(cls.__mro__):
            if not issubclass(base, Protocol) or base is Protocol:
                continue
            for name, annotation in inspect.get_annotations(base).items():
                t, constant = _declared(base, name, annotation)
                if t is None:
                    continue
                start = vars(base).get(name)
                if isinstance(start, Network) and isinstance(t, MessagesType):
                    t, start = replace(t, network=start), None
                initial = start if isinstance(start, Initial) else Initial(start, volatile=False)
                how = initial.volatile, base, initial.drift, constant, initial.private
                found[name] = Variable(name, t, frozen(initial.value), *how)
        return found

    @classmethod
    def sorts(cls) -> dict[str, type]:
        """Every sort, number range and quorum system that the protocol mentions, by name."""
        return {sort.__name__: sort for sort in mentioned_sorts(cls)}

    @classmethod
    def sized(
        cls, faults: Mapping[str, int] | None = None, *, largest: int = LARGEST_SIZE, **sizes: int
    ) -> Sizes:
        """The sizes of one bounded configuration and its budgets of faults; enter it by `with`.

        A sort that no quorums are made of may have up to `largest` elements. Above 64 only CPython
        takes steps.

        Raises SizeError for a sort that is unknown, has no size, or cannot have this size.
        """
        sorts = cls.sorts()
        wanted = sized_sorts(cls)
        sizes = {n: k for n, s in wanted.items() if (k := getattr(s, "size", None))} | sizes
        members = {q.of for q in sorts.values() if issubclass(q, QuorumSystem)}
        most = {n: LARGEST_SIZE if s in members else largest for n, s in wanted.items()}
        bounds = {v.drift.__name__: 1 for v in cls.variables().values() if v.drift}
        check_sizes(cls, wanted, sizes, most, bounds)
        elements: dict[type, tuple[Any, ...]] = {}
        for name, sort in wanted.items():
            n = sizes[name]
            elements[sort] = tuple(
                range(n + 1) if issubclass(sort, Nat) else (sort(i) for i in range(n))  # type: ignore[call-arg]
            )
        for system in sorts.values():
            if issubclass(system, QuorumSystem):
                elements[system] = system.quorums(elements[system.of])
        return Sizes(elements, {n: sizes[n] for n in wanted}, cls.budgets(faults))

    @classmethod
    def budgets(cls, faults: Mapping[str, int] | None = None) -> dict[str, int]:
        """How often each fault may happen: the class's `faults`, unless others are given."""
        known = dict.fromkeys(
            m._quorate.fault for m in cls.methods("action").values() if m._quorate.fault
        )
        budgets = {kind: dict(cls.faults).get(kind, 0) for kind in known}
        for kind, most in (faults or {}).items():
            if kind not in known:
                raise SizeError(f"{cls.__name__} has no fault `{kind}`; {instead(kind, known)}")
            if most < 0:
                raise SizeError(f"fault {kind}={most}: a budget cannot be negative")
            budgets[kind] = most
        return budgets

    def crash(self, process: Sort) -> None:
        """Reset what is volatile of this process: its cells of every volatile map."""
        for variable in type(self).variables().values():
            if variable.volatile and isinstance(variable.type, MapType):
                cells = getattr(self, variable.name)
                for key in cells.keys_of(process):
                    cells[key] = variable.initial

    def __new__(cls) -> Self:
        self = object.__new__(cls)
        object.__setattr__(self, "_journal", None)
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        # An action assigns to a plain variable: remember the old value, to undo the step.
        value = frozen(value)
        journal = self.__dict__.get("_journal")
        put = object.__setattr__ if journal is None else journal.write
        put(self, name, value)


def _decorated(cls: type[Protocol]) -> dict[str, Any]:
    """The methods with a mark of any kind, in order of declaration, each as last overridden."""
    bases = [base for base in reversed(cls.__mro__) if base not in (object, Protocol)]
    names = dict.fromkeys(name for base in bases for name in vars(base))
    found = ((name, getattr(cls, name, None)) for name in names)
    return {name: method for name, method in found if hasattr(method, "_quorate")}


class BadAnnotation(NotAType):
    """A state variable whose annotation is not a type of the language, or cannot be evaluated."""

    def __init__(self, owner: type, name: str, reason: Exception) -> None:
        super().__init__(f"{name}: {reason}")
        self.owner, self.name, self.error, self.reason = owner, name, reason, str(reason)
        self.evaluated = isinstance(reason, NotAType)


def variable_type(base: type, name: str, annotation: Any) -> Type | None:
    """The type of an annotated name in a class body, None for a ClassVar. Raises BadAnnotation."""
    return _declared(base, name, annotation)[0]


def _declared(base: type, name: str, annotation: Any) -> tuple[Type | None, bool]:
    """The type, and whether it stands in `Const[...]`."""
    if isinstance(annotation, str):
        if annotation.startswith(("ClassVar", "typing.ClassVar")):
            return None, False
        scope = vars(base)["_scope"] | dict(vars(base))
        try:
            annotation = eval(annotation, scope)
            if isinstance(annotation, str):  # quoted, and not evaluated in its file anyway
                annotation = eval(annotation, scope)
        except Exception as error:
            raise BadAnnotation(base, name, error) from None
    if getattr(annotation, "__origin__", annotation) is ClassVar:
        return None, False
    constant = isinstance(annotation, Fixed)
    try:
        return type_of(annotation.type if constant else annotation), constant
    except NotAType as error:
        raise BadAnnotation(base, name, error) from None


def mentioned_sorts(cls: type[Protocol]) -> list[type]:
    """The sorts, number ranges and quorum systems that a protocol mentions, by name."""
    found: list[type] = []
    pending: list[Any] = [v.type for v in _variables_or_none(cls).values()]
    for name in _decorated(cls):
        for method in _called(cls, name):
            pending += _mentioned(method)
    seen: list[Any] = []  # kept alive, so that no two have the same id
    ids: set[int] = set()
    while pending:
        item = pending.pop()
        if id(item) in ids:
            continue
        ids.add(id(item))
        seen.append(item)
        if isinstance(item, type) and issubclass(item, QuorumSystem):
            if hasattr(item, "of"):
                pending += [item.of, *item.meets]
            if not is_kind(item):
                found.append(item)
        elif isinstance(item, Sort):
            pending.append(type(item))
        elif isinstance(item, type) and issubclass(item, (Sort, Nat)):
            if item.__module__ != Sort.__module__:
                found.append(item)
        else:
            pending += _parts(item)
    return sorted(found, key=lambda sort: sort.__name__)


def _variables_or_none(cls: type[Protocol]) -> dict[str, Variable]:
    try:
        return cls.variables()
    except (NotAType, NameError, TypeError):
        return {}  # capture reports these at their place


def _called(cls: type[Protocol], name: str) -> Iterator[Any]:
    """A method, and those of the same name above it that it calls by `super()`."""
    for base in cls.__mro__:
        if (method := vars(base).get(name)) is not None:
            method = inspect.unwrap(getattr(method, "__func__", method))
            yield method
            if "super" not in method.__code__.co_names:
                return


def _mentioned(method: Any) -> Iterator[Any]:
    """The global objects that the code and the annotations of a method mention."""
    codes, scope = [method.__code__], method.__globals__
    closure = inspect.getclosurevars(method).nonlocals
    while codes:
        code = codes.pop()
        codes += [c for c in code.co_consts if isinstance(c, pytypes.CodeType)]
        for name in (*code.co_names, *code.co_freevars):
            if name in closure or name in scope:
                yield closure.get(name, scope.get(name))
    for annotation in method.__annotations__.values():
        try:
            yield (
                eval(annotation, scope, dict(closure))
                if isinstance(annotation, str)
                else annotation
            )
        except Exception:
            continue


def _parts(item: Any) -> list[Any]:
    if isinstance(item, MessagesType):
        return [*item.messages, *(vars(item.network).values() if item.network else ())]
    if isinstance(item, Type):
        inner: list[Any] = []
        for value in vars(item).values():
            inner += value if isinstance(value, tuple) else [value]
        return inner
    if isinstance(item, type) and issubclass(item, Record) and item.__module__ != __name__:
        try:
            return list(item.field_types().values())
        except (NotAType, NameError):
            return []
    if isinstance(item, pytypes.UnionType):
        return list(item.__args__)
    return []


def is_enum(value: object) -> bool:
    """Whether a class is an enum whose members can be constants of a description."""
    return isinstance(value, type) and issubclass(value, enum.Enum)
