"""The abstract protocol in terms of the concrete one: over the sorts that its own match.

Sorts of the abstract protocol are replaced by those that they match (`sizing.py`). Records and
messages are the concrete ones of the same name and fields; others are made over the new sorts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, fields, replace
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.model.language import Message, QuorumSystem, Record
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.quorums import is_kind
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.language.declare.sorts import Int, Nat, Ordered, Sort
from quorate.model.language.declare.types import (
    EnumType,
    IntType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.declare.unions import UnionType, union_of
from quorate.model.language.description import describe
from quorate.model.language.ir import core as c
from quorate.model.language.ir.node import IRNode
from quorate.model.language.ir.traverse import walk
from quorate.model.refinements import Refinement

from .sizing import match


@dataclass
class Matching:
    """The concrete classes that those of the abstract protocol match. Raises UnsupportedError.

    `description` is the abstract protocol over the concrete sorts.
    """

    refinement: Refinement
    classes: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        concrete, abstract = self.refinement.concrete, self.refinement.abstract
        lower, above = sized_sorts(concrete), sized_sorts(abstract)
        for name, sort in above.items():
            found = match(self.refinement, sort, lower)
            self.classes[sort] = self._alike(sort, lower[found]) if found is not None else sort
            if found is None and name in lower:
                raise UnsupportedError(f"two sorts of the name {name}")
        self._systems = [s for s in concrete.sorts().values() if issubclass(s, QuorumSystem)]
        self._described = describe(concrete)
        self._known = {t.__name__: t for t in self._classes_of(self._described)}
        self.description: c.Description = self.node(describe(abstract))

    def _alike(self, abstract: Any, concrete: Any) -> Any:
        ordered = issubclass(abstract, Ordered)
        if ordered and not issubclass(concrete, Ordered):
            raise UnsupportedError(f"{abstract.__name__}, which is ordered, as {concrete}")
        if ordered and abstract.bottom and not concrete.bottom:
            raise UnsupportedError(f"{abstract.__name__}, which has a bottom, as {concrete}")
        return concrete

    def _classes_of(self, description: c.Description) -> list[type]:
        """The enums, records and messages that a description mentions."""
        nodes = [
            *description.properties,
            *description.actions,
            *description.inits,
        ]
        types = [v.type for v in description.variables]
        types += [n.type for part in nodes for n in walk(part) if isinstance(n, c.Expr)]
        found: dict[type, None] = {}
        while types:
            match types.pop():
                case EnumType(kind):
                    found[kind] = None
                case RecordType(record):
                    if record not in found:
                        found[record] = None
                        types += record.field_types().values()
                case MessagesType(messages):
                    types += [RecordType(m) for m in messages]
                case OptionType(t) | SetType(t) | SeqType(t, _):
                    types.append(t)
                case MapType(keys, t):
                    types += [*keys, t]
                case UnionType(alternatives):
                    types += alternatives
        return list(found)

    # ------------------------------------------------------------ classes

    def cls(self, given: Any) -> Any:
        """The concrete class that an abstract class matches; itself if it matches none."""
        if given not in self.classes:
            self.classes[given] = given  # records cannot contain themselves; this is for safety
            self.classes[given] = self._class(given)
        return self.classes[given]

    def _class(self, given: Any) -> Any:
        if issubclass(given, QuorumSystem):
            return self._system(given)
        known = self._known.get(given.__name__)
        if issubclass(given, enum.Enum):
            same = isinstance(known, type) and issubclass(known, enum.Enum)
            if same and [*known.__members__] == [*given.__members__]:  # type: ignore[union-attr]
                return known
            return given
        if not issubclass(given, Record):
            return given
        wanted = {n: self.type(t) for n, t in given.field_types().items()}
        if isinstance(known, type) and issubclass(known, Record) and known.field_types() == wanted:
            return known
        if wanted == given.field_types():
            return given
        return made_record(given.__name__, wanted, issubclass(given, Message))

    def _system(self, given: Any) -> Any:
        """The concrete quorum system of the same definition: kind, keywords and members."""
        of = self.cls(given.of)
        for system in self._systems:
            if system is given or (system.of is of and _definition(system) == _definition(given)):
                return system
        if given.of is of:
            return given
        raise UnsupportedError(
            f"{given.__name__} of {self.refinement.abstract.__name__}: "
            f"{self.refinement.concrete.__name__} has no such quorums"
        )

    # ------------------------------------------------------------ types and nodes

    def type(self, t: Type) -> Type:
        """A type over the concrete sorts."""
        match t:
            case SortType(sort):
                return SortType(self.cls(sort))
            case NatType(sort) if sort is not None:
                return NatType(self.cls(sort))
            case IntType(sort) if sort is not None:
                return IntType(self.cls(sort))
            case EnumType(kind):
                return EnumType(self.cls(kind))
            case QuorumType(system):
                return QuorumType(self.cls(system))
            case RecordType(record):
                return RecordType(self.cls(record))
            case OptionType(inner):
                return OptionType(self.type(inner))
            case UnionType(alternatives):
                return union_of(list(map(self.type, alternatives)))
            case SetType(element):
                return SetType(self.type(element))
            case SeqType(element, length):
                return SeqType(self.type(element), self.type(length))  # type: ignore[arg-type]
            case MapType(keys, value):
                return MapType(tuple(map(self.type, keys)), self.type(value))
            case MessagesType(messages):
                return MessagesType(tuple(map(self.cls, messages)))
        return t

    def value(self, x: Any) -> Any:
        """A constant over the concrete sorts."""
        if isinstance(x, Sort):
            return self.cls(type(x))(x.index)
        if isinstance(x, enum.Enum):
            return self.cls(type(x))[x.name]
        if isinstance(x, Record):
            return self.cls(type(x))(*map(self.value, x))
        if isinstance(x, (tuple, frozenset)):
            return type(x)(map(self.value, x))
        return x

    def node(self, x: Any) -> Any:
        """A node of a description over the concrete sorts."""
        if isinstance(x, Type):
            return self.type(x)
        if isinstance(x, tuple) and not isinstance(x, Record):
            return tuple(map(self.node, x))
        if isinstance(x, type):
            return self.cls(x) if issubclass(x, (Record, Sort, Nat, Int, enum.Enum)) else x
        if isinstance(x, (IRNode, Variable)):
            part: Any = x
            given = {f.name: getattr(part, f.name) for f in fields(part) if f.name != "span"}
            changed = {n: self.node(y) for n, y in given.items() if n not in ("protocol", "owner")}
            return replace(part, **changed)
        return self.value(x)


def made_record(name: str, given: dict[str, Type], message: bool) -> Any:
    """A record class with these fields."""
    base = Message if message else Record
    made: Any = type(name, (base,), {"__annotations__": dict.fromkeys(given, object)})
    made._types = given
    return made


def _definition(system: Any) -> Any:
    """The definition of a quorum system, to be compared with another over the same members."""
    kind = next(b for b in system.__mro__ if is_kind(b) and not hasattr(b, "of"))
    declared = [b for b in system.__mro__ if issubclass(b, QuorumSystem) and not is_kind(b)]
    own = {n for b in declared for n in vars(b) if n[:1] != "_"}
    words = {n: getattr(system, n, None) for n in (*kind.keywords, *kind.optional)}
    plain = own <= {"of", "meets", "misfits", *words}
    return (kind, sorted(words.items())) if plain else system
