"""Orders: the parts by which values are compared, of which the first that differs decides."""

from __future__ import annotations

from quorate.model.language.declare.types import SortType
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import is_numeric


def ordered_parts(e: s.Expr) -> tuple[s.Expr, ...] | None:
    """The numbers and elements of orders that an expression is compared by, None if by nothing."""
    if is_numeric(e) or (isinstance(e.type, SortType) and e.type.ordered):
        return (e,)
    return None
