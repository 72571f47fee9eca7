"""The base class of the nodes of both intermediate representations."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, ClassVar, NoReturn, dataclass_transform


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class IRNode:
    """A node of the surface or of the core IR: a frozen dataclass whose parts are nodes.

    Its parts are the fields that hold nodes or, possibly nested, tuples of nodes. Other fields
    hold names, types, constants and places.

    A subclass is a dataclass by itself. What `dataclass` would write as source and compile for each
    of a hundred classes is written here once: that took a tenth of every start.
    """

    _names: ClassVar[frozenset[str]]
    _defaults: ClassVar[dict[str, Any]]
    _compared: ClassVar[attrgetter[Any]]

    def __init_subclass__(cls) -> None:
        dataclass(init=False, repr=False, eq=False)(cls)
        all_fields = fields(cls)  # type: ignore[arg-type]
        cls._names = frozenset(f.name for f in all_fields)
        cls._defaults = {f.name: f.default for f in all_fields if f.default is not MISSING}
        cls._compared = attrgetter("__class__", *(f.name for f in all_fields if f.compare))

    def __init__(self, **values: Any) -> None:
        given = self._defaults | values
        if given.keys() != self._names:
            names = ", ".join(sorted(given.keys() ^ self._names))
            raise TypeError(f"{type(self).__name__}: {names} missing or unknown")
        vars(self).update(given)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IRNode) and bool(self._compared(self) == other._compared(other))

    def __hash__(self) -> int:
        return hash(self._compared(self))

    def __repr__(self) -> str:
        names = (f.name for f in fields(self) if f.repr)  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"
