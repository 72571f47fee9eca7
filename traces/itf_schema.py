"""What an ITF file says beyond states: Quint's two variables, and the contents of `#meta`."""

from __future__ import annotations

from typing import Any

import msgspec

from .departure import Departure
from .trace import Excerpt, Source, Violation

SCHEMA = 1
"""Grows when a reader of the present version could misread a newer file."""

UNDEFINED_SCHEMA = 2
"""Of a file that ends in something undefined: readers of schema 1 would take it for a plain run."""

# Quint's names for the action that led to a state and for its arguments.
ACTION = "mbt::actionTaken"
PICKS = "mbt::nondetPicks"


class ReceivedMeta(msgspec.Struct):
    """One of `received` in a state's `#meta`; the message is an ITF value."""

    message: Any
    step: int


class UndefinedMeta(msgspec.Struct, omit_defaults=True):
    """What is undefined after the last state; the values of `args` are ITF values."""

    kind: str
    name: str
    args: dict[str, Any]
    what: str
    node: str | None = None
    received: tuple[ReceivedMeta, ...] = ()
    because: tuple[int, ...] = ()
    source: Source | None = None
    excerpt: Excerpt | None = None


class TraceMeta(msgspec.Struct, omit_defaults=True):
    """Under `quorate` in the `#meta` of the file."""

    schema: int
    protocol: str
    sizes: dict[str, int] = {}
    violation: Violation | None = None
    messages: str | None = None
    processes: tuple[str, ...] = ()
    digest: str | None = None
    faults: dict[str, int] = {}
    undefined: UndefinedMeta | None = None
    departure: Departure | None = None
    notes: tuple[str, ...] = ()


class StepMeta(msgspec.Struct, omit_defaults=True):
    """The `#meta` of a state: of the step that led to it."""

    index: int
    node: str | None = None
    received: tuple[ReceivedMeta, ...] = ()
    because: tuple[int, ...] = ()
    source: Source | None = None


def unknown_field(node: Any, kind: Any) -> str | None:
    """Where a converted `node` has a field that `kind` has not, such as `.violation.depth`."""
    return _unknown(node, msgspec.inspect.type_info(kind))


def _unknown(node: Any, kind: msgspec.inspect.Type) -> str | None:
    match kind:
        case (
            msgspec.inspect.StructType(fields=fields) | msgspec.inspect.DataclassType(fields=fields)
        ):
            types = {field.encode_name: field.type for field in fields}
            parts = ((f".{name}", node[name], types.get(name)) for name in node)
        case msgspec.inspect.VarTupleType(item_type=item):
            parts = ((f"[{i}]", part, item) for i, part in enumerate(node))
        case msgspec.inspect.UnionType(types=options) if node is not None:
            some = (t for t in options if not isinstance(t, msgspec.inspect.NoneType))
            parts = (("", node, t) for t in some)
        case _:
            return None
    for step, part, inner in parts:
        below = "" if inner is None else _unknown(part, inner)
        if below is not None:
            return step + below
    return None
