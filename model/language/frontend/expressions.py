"""Reading expressions: Python syntax to typed surface nodes, with every mistake explained."""

from __future__ import annotations

import ast

from quorate.model.language.declare.types import (
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TupleRecord,
    Type,
    tuple_type,
)
from quorate.model.language.diagnostics import article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import is_number, number_type

from .calls import Calls
from .comparisons import Comparisons
from .narrowing import union_in
from .operators import Operators
from .references import References
from .wording import code, listed


class ExpressionReader(References, Operators, Comparisons, Calls):
    """Reads the expressions of one function."""

    # ------------------------------------------------------------ displays

    def _read_Set(self, node: ast.Set, expected: Type | None) -> s.Expr:
        wanted = expected.element if isinstance(expected, SetType) else None
        if wanted is not None and union_in(wanted):
            items = tuple(self.value(e, wanted) for e in node.elts)
            self.check_hashed(*zip(node.elts, items, strict=True))
            return s.SetOf(items=items, type=SetType(wanted), span=self.span(node))
        of_tuples = isinstance(wanted, RecordType) and issubclass(wanted.record, TupleRecord)
        known = wanted if of_tuples or isinstance(wanted, SeqType) else None
        items = tuple(self.read(e, known) for e in node.elts)
        self.check_hashed(*zip(node.elts, items, strict=True))
        if len({item.type for item in items}) > 1 and all(is_number(x.type) for x in items):
            t = number_type(*(item.type for item in items))
            return s.SetOf(items=items, type=SetType(t), span=self.span(node))
        if any(item.type != items[0].type for item in items):
            odd = [item.type != items[0].type for item in items].index(True)
            self.fail(
                "type-mismatch",
                "the members of a set have one type",
                node.elts[odd],
                f"the first is {article(items[0].type)}",
            )
        return s.SetOf(items=items, type=SetType(items[0].type), span=self.span(node))

    def _read_Tuple(self, node: ast.Tuple, expected: Type | None) -> s.Expr:
        wanted = expected.inner if isinstance(expected, OptionType) else expected
        if wanted is None and len(node.elts) > 1:
            return self._tuple(node, None)
        if isinstance(wanted, RecordType) and issubclass(wanted.record, TupleRecord):
            return self._tuple(node, wanted)
        return self._sequence(node, node.elts, expected)

    def _tuple(self, node: ast.Tuple, wanted: RecordType | None) -> s.Expr:
        """`(x, y)` as a `tuple[A, B]`: a record of its items."""
        types = list(wanted.fields.values()) if wanted else [None] * len(node.elts)
        if len(types) != len(node.elts):
            self.fail(
                "field-count",
                f"{wanted} has {len(types)} items; got {len(node.elts)}",
                node,
                f"{len(node.elts)} given",
                f"write `({', '.join(['...'] * len(types))})`",
            )
        items = tuple(
            self.read(e) if t is None else self.value(e, t)
            for e, t in zip(node.elts, types, strict=True)
        )
        t = wanted or tuple_type(tuple(x.type for x in items))
        return s.New(record=t.record, args=items, type=t, span=self.span(node))

    def _read_List(self, node: ast.List, expected: Type | None) -> s.Expr:
        if isinstance(expected, SeqType):
            text = f"({listed(node.elts)}{',' * (len(node.elts) == 1)})"
            self.fail(
                "unexpected-sequence",
                "a sequence is written as a tuple",
                node,
                "a list",
                f"write `{text}`: sequences are values, never changed in place",
            )
        return self._sequence(node, node.elts, expected)

    def _sequence(self, node: ast.expr, items: list[ast.expr], expected: Type | None) -> s.Expr:
        if not isinstance(expected, SeqType):
            self.fail(
                "unexpected-sequence",
                "a sequence is not expected here",
                node,
                "a sequence" if expected is None else f"expected {article(expected)}",
                "a set is written `{x, y}`; a sequence is a value of a `Seq[Sort, Length]`",
            )
        found = tuple(self.value(e, expected.element) for e in items)
        return s.SequenceOf(items=found, type=expected, span=self.span(node))

    def _read_NamedExpr(self, node: ast.NamedExpr, expected: Type | None) -> s.Expr:
        self.fail(
            "unsupported-expression",
            "`:=` is not part of the modelling language",
            node,
            "not allowed here",
            f"bind it on a line of its own: `{node.target.id} = {code(node.value)}`",
        )
