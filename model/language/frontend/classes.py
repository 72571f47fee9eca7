"""What a protocol class declares outside its methods: variables, messages, sorts, decorators."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from quorate._spelling import nearest
from quorate.model.language.bounds import holds
from quorate.model.language.declare.annotations import NotAType
from quorate.model.language.declare.initial import Initial
from quorate.model.language.declare.protocol import (
    BadAnnotation,
    Protocol,
    Variable,
    variable_type,
)
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    Message,
    MessagesType,
    NatType,
    OptionType,
    Record,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.declare.values import frozen
from quorate.model.language.diagnostics import Diagnostic, ModelError, Span, article

from .annotations import inner_types, quoted, type_hint, unbounded, unnamed_system
from .clocks import clock_mistakes
from .declarations import check_quorums, check_sorts, never_called
from .networks import link_mistakes, misplaced_network, unannotated_networks
from .records import field_mistakes
from .source import annotation_span, bindings, class_source, class_span, keyword_span

RESERVED = {name for name in vars(Protocol) if not name.startswith("_")}


@dataclass
class ClassReader:
    """Checks the declarations of a protocol class and collects the mistakes."""

    protocol: type[Protocol]
    mistakes: list[Diagnostic] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)

    def _add(
        self,
        code: str,
        title: str,
        span: Span,
        label: str = "",
        help: str = "",
        also: tuple[tuple[Span, str], ...] = (),
        where: str = "",
    ) -> None:
        where = where or self.protocol.__name__
        self.mistakes.append(Diagnostic(code, title, span, label, help, where, also))

    def read(self) -> dict[str, Variable]:
        """The state variables by name. Raises ModelError if they cannot be read."""
        for base in self._bases():
            self._check_names(base)
            self._check_annotations(base)
        if self.mistakes:
            raise ModelError(self.mistakes)
        self.variables = self.protocol.variables()
        for base in self._bases():
            self._check_assigned(base)
            self.mistakes += [*unannotated_networks(base, self.variables), *never_called(base)]
            self._check_decorators(base)
        sound = self._check_records()
        if sound:
            for variable in self.variables.values():
                self._check_variable(variable)
        self.mistakes += clock_mistakes(self.protocol, self.variables.values())
        self._check_messages()
        links = list(link_mistakes(self.variables.values())) if sound else []
        self.mistakes += links
        self.mistakes += check_sorts(self.protocol)
        self.mistakes += check_quorums(self.protocol)
        self._check_faults()
        undecorated = any(d.code == "undecorated" for d in self.mistakes)
        if not self.protocol.methods("action") and not undecorated:
            self._add(
                "no-actions",
                f"{self.protocol.__name__} has no @action",
                class_span(self.protocol),
                help="an action is a method decorated with @action",
            )
        if links or not sound:
            raise ModelError(self.mistakes)
        return self.variables

    def _bases(self) -> list[type[Protocol]]:
        """The user's protocol classes, base classes first."""
        return [
            base
            for base in reversed(self.protocol.__mro__)
            if issubclass(base, Protocol) and base is not Protocol
        ]

    # ------------------------------------------------------------ names and decorators

    def _check_names(self, base: type[Protocol]) -> None:
        """No name is defined twice, and none hides an attribute of `Protocol`."""
        node, file = class_source(base)
        seen: dict[str, Span] = {}
        for name, span in bindings(node, file):
            if name in RESERVED and name != "faults":
                self._add(
                    "reserved-name",
                    f"`{name}` is a name that every protocol has already",
                    span,
                    "taken",
                    "choose another name",
                    where=base.__name__,
                )
            if name in seen:
                self._add(
                    "defined-twice",
                    f"`{name}` is defined twice in {base.__name__}",
                    span,
                    "this one replaces the first",
                    "give one of them another name",
                    ((seen[name], "first defined here"),),
                    base.__name__,
                )
            seen.setdefault(name, span)

    def _check_annotations(self, base: type[Protocol]) -> None:
        for name, annotation in inspect.get_annotations(base).items():
            try:
                t = variable_type(base, name, annotation)
            except BadAnnotation as error:
                self._add(
                    "bad-annotation",
                    f"{quoted(error.reason)} is not a type of the modelling language"
                    if error.evaluated
                    else f"the type of `{name}` cannot be read: {error.reason}",
                    annotation_span(base, name),
                    "not a type" if error.evaluated else "cannot be evaluated",
                    type_hint(error.reason, error.error, vars(base)["_scope"]),
                    where=base.__name__,
                )
                continue
            if t is not None and any(isinstance(x, MessagesType) for x in [*inner_types(t)][1:]):
                self._add(
                    "bad-annotation",
                    "`Messages[...]` is the type of a variable, not a part of one",
                    annotation_span(base, name),
                    "inside another type",
                    "declare `sent: Messages[...]` for all processes, with the process as a field",
                    where=base.__name__,
                )
            if (system := unnamed_system(t)) is not None:
                self._add(
                    "bad-annotation",
                    f"`{system}` has no name of its own",
                    annotation_span(base, name),
                    "an unnamed quorum system",
                    f"declare `class Quorum({system}): ...` and use it as the type",
                    where=base.__name__,
                )

    def _check_assigned(self, base: type[Protocol]) -> None:
        """An assignment without an annotation, `max_bal = durable(...)`, declares nothing."""
        annotated = inspect.get_annotations(base)
        for name, value in vars(base).items():
            if not isinstance(value, Initial) or name in annotated:
                continue
            inherited = self.variables.get(name)
            t = inherited.type if inherited else "Map[..., ...]"
            kind = "clocks" if value.drift else "volatile" if value.volatile else "durable"
            self._add(
                "unannotated",
                f"`{name}` has no type",
                annotation_span(base, name, "name"),
                "not a state variable without one",
                f"write `{name}: {t} = {kind}(...)`",
                where=base.__name__,
            )

    def _check_decorators(self, base: type[Protocol]) -> None:
        """Every method has a decorator; an override has that of the method that it overrides."""
        for name, value in vars(base).items():
            if name.startswith("_") or not inspect.isfunction(value):
                continue
            above = getattr(super(base, self.protocol), name, None)
            before = getattr(getattr(above, "_quorate", None), "kind", None)
            kind = getattr(getattr(value, "_quorate", None), "kind", None)
            span = annotation_span(base, name)
            if kind is None:
                self._add(
                    "undecorated",
                    f"`{name}` overrides an @{before}, but has no decorator"
                    if before
                    else f"`{name}` has no decorator",
                    span,
                    "not part of the description",
                    f"write `@{before}` above it"
                    if before
                    else "write @action, @define, @invariant or @reachable above it; "
                    "the name of a method that is none of them starts with `_`",
                    where=base.__name__,
                )
            elif before not in (None, kind):
                self._add(
                    "other-decorator",
                    f"`{name}` is an @{kind}, but overrides an @{before}",
                    span,
                    f"an @{before} above",
                    "give it another name, or the same decorator",
                    where=base.__name__,
                )

    # ------------------------------------------------------------ variables

    def _check_variable(self, v: Variable) -> None:
        span = annotation_span(v.owner, v.name)
        if (misplaced := misplaced_network(self.protocol, v)) is not None:
            self.mistakes.append(misplaced)
            return
        if isinstance(v.type, MessagesType):
            if v.initial is not None:
                self._add(
                    "bad-initial",
                    f"`{v.name}` has a first value, but holds messages",
                    annotation_span(v.owner, v.name, "value"),
                    "messages start as none",
                    f"write `{v.name}: {v.type}`",
                )
            return
        if isinstance(v.type, MapType) and any(
            not isinstance(k, (SortType, NatType, IntType, EnumType, BoolType)) for k in v.type.keys
        ):
            self._add(
                "bad-key",
                "a map is keyed by sorts",
                span,
                f"keys of {v.type}",
                "a map may have several keys: `Map[Ballot, Value, bool]`",
            )
            return
        if (loose := unbounded(v.type)) is not None:
            self._add(
                "unbounded",
                f"`{v.name}` holds a {loose} without bounds",
                span,
                "no range",
                "declare `class Count(Nat): ...` and use it as the type",
            )
            return
        self._check_initial(v)
        if v.volatile and not isinstance(v.type, MapType):
            self._add(
                "volatile-of-whom",
                f"`{v.name}` is volatile, but belongs to no process",
                annotation_span(v.owner, v.name, "value"),
                "whose crash loses it?",
                "a volatile variable is a map keyed first by the process that loses it",
            )

    def _check_initial(self, v: Variable) -> None:
        cell = v.type.value if isinstance(v.type, MapType) else v.type
        if isinstance(v.type, MapType) and isinstance(cell, MapType):
            flat = MapType((*v.type.keys, *cell.keys), cell.value)
            self._add(
                "bad-annotation",
                f"`{v.name}` is a map of maps",
                annotation_span(v.owner, v.name),
                "a map in a map",
                f"one map has several keys: write `{flat}`",
            )
        elif not holds(cell, frozen(v.initial)):
            bottom = cell.bottom if isinstance(cell, SortType) else None
            self._add(
                "bad-initial",
                f"`{v.name}` starts as {v.initial!r}, which is not {article(cell)}",
                annotation_span(v.owner, v.name, "value"),
                f"each cell is {article(cell)}"
                if isinstance(v.type, MapType)
                else f"expected {article(cell)}",
                f"give a first value: `= durable({cell}.{bottom})`"
                if bottom
                else f"give a first value: `= durable({_FIRST.get(type(cell), '...')})`"
                if type(cell) in _FIRST or isinstance(cell, (EnumType, RecordType, OptionType))
                else f"declare it `{cell} | None`, or let an @init choose the value",
            )

    # ------------------------------------------------------------ records, messages, faults

    def _check_records(self) -> bool:
        """Check the records that variables hold. Whether their fields can be read."""
        found: list[Diagnostic] = []
        for v in self.variables.values():
            for record in _records(v.type):
                found += field_mistakes(record)
        self.mistakes += found
        return not found

    def _check_messages(self) -> None:
        holders: dict[Any, str] = {}
        for v in self.variables.values():
            if not isinstance(v.type, MessagesType):
                continue
            for message in v.type.messages:
                if message in holders:
                    self._add(
                        "message-in-two",
                        f"{message.__name__} is listed in `{holders[message]}` already",
                        annotation_span(v.owner, v.name),
                        "a message belongs to one variable, and is listed once",
                        "declare a message class of its own for each: "
                        f"`class Other({message.__name__}): ...`",
                    )
                    continue
                holders[message] = v.name
                self._check_key(message)

    def _check_key(self, message: type[Record]) -> None:
        try:
            fields = message.field_types()
        except (NotAType, NameError):
            return
        key = message.key if issubclass(message, Message) else None
        for name in key or ():
            if name not in fields:
                self._add(
                    "bad-message-key",
                    f"the key of {message.__name__} names `{name}`, which is not a field",
                    keyword_span(message, "key"),
                    "unknown field",
                    f"its fields are {', '.join(fields)}",
                    where=message.__name__,
                )

    def _check_faults(self) -> None:
        actions = self.protocol.methods("action").values()
        known = sorted({a._quorate.fault for a in actions if a._quorate.fault})
        faults = self.protocol.faults
        owner = next(b for b in self.protocol.__mro__ if "faults" in vars(b))
        if owner is Protocol:
            return
        span = annotation_span(owner, "faults", "value")
        if not isinstance(faults, Mapping):
            self._add(
                "bad-faults",
                "`faults` says how often each fault may happen",
                span,
                f"this is {article(type(faults).__name__)}",
                'write `faults = {"crash": 1}`',
            )
            return
        for kind, most in faults.items():
            if kind not in known:
                self._add(
                    "bad-faults",
                    f"no action has the fault {kind!r}",
                    span,
                    f"the faults are {', '.join(known)}" if known else "no action has a fault",
                    f'write `"{near}"`'
                    if (near := nearest(str(kind), known))
                    else f'write `@action(fault="{kind}")` above the action that uses it up',
                )
            elif not isinstance(most, int) or isinstance(most, bool) or most < 0:
                self._add(
                    "bad-faults",
                    f"the budget of the fault {kind!r} is {most!r}",
                    span,
                    "a whole number, at least 0",
                )


_FIRST: Mapping[type[Type], str] = {
    BoolType: "False",
    NatType: "0",
    IntType: "0",
    SetType: "frozenset()",
    SeqType: "()",
    OptionType: "None",
}


def _records(t: Type) -> Iterator[type[Record]]:
    for part in inner_types(t):
        if isinstance(part, RecordType):
            yield part.record
        elif isinstance(part, MessagesType):
            yield from part.messages
