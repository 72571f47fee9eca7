"""The description of a protocol class: read from its source, then lowered to the core IR."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.frontend.capture import capture, capture_define
from quorate.model.language.frontend.typed import capture_expression
from quorate.model.language.ir.lower import lower, lower_expression, lower_predicate

from .ir import core as c


def describe(protocol: type[Protocol]) -> c.Description:
    """The description of a protocol class, in the core IR. Raises ModelError with all mistakes."""
    hashable: Any = protocol  # type checkers see the hash of instances, not of the class
    return _describe(hashable)


@lru_cache(maxsize=128)
def _describe(protocol: Any) -> c.Description:
    return lower(capture(protocol))


def describe_predicate(protocol: type[Protocol], name: str) -> tuple[tuple[c.Var, ...], c.Expr]:
    """A `@define` that is true or false: its parameters, and its value in the core IR."""
    return lower_predicate(*capture_define(protocol, name))


def describe_expression(protocol: type[Protocol], text: str, names: Mapping[str, Any]) -> c.Expr:
    """An expression over `self` and these names, in the core IR. Raises ModelError."""
    return lower_expression(capture_expression(protocol, text, names), {})
