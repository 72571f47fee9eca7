"""TLA+ expressions as Python expressions, over the functions of `values.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .tree import Node
from .values import LIBRARY, TlaError

INFIX = {
    "land": "({0} and {1})",
    "lor": "({0} or {1})",
    "implies": "(not {0} or {1})",
    "eq": "eq({0}, {1})",
    "neq": "(not eq({0}, {1}))",
    "lt": "less({0}, {1})",
    "gt": "less({1}, {0})",
    "leq": "(not less({1}, {0}))",
    "geq": "(not less({0}, {1}))",
    "in": "({0} in {1})",
    "notin": "({0} not in {1})",
    "subseteq": "subset({0}, {1})",
    "cup": "cup({0}, {1})",
    "cap": "({0} & {1})",
    "setminus": "({0} - {1})",
    "plus": "({0} + {1})",
    "minus": "({0} - {1})",
    "div": "({0} // {1})",
    "mod": "({0} % {1})",
    "mul": "({0} * {1})",
    "dots_2": "interval({0}, {1})",
    "circ": "concat({0}, {1})",
}
TRUTHS = ("land", "lor", "implies")


class Compiler:
    """Translates expressions of a module whose names are known."""

    operators: dict[str, tuple[list[str], Node]]
    variables: list[str]
    constants: dict[str, Any]

    def define(self, node: Node, into: dict[str, tuple[list[str], Node]]) -> tuple[str, Node]:
        """Read `name(a, b) == body`."""
        name, *rest = node.parts
        parameters = [n.text for n in rest if n.type == "identifier"]
        into[name.text] = (parameters, rest[-1])
        return name.text, rest[-1]

    def source(self, node: Node, names: Mapping[str, str]) -> str:
        """An expression as Python; `names` says what bound names are called there."""
        method = getattr(self, f"_{node.type}", None)
        if method is None:
            raise TlaError(f"the interpreter knows no {node.type}: {node.text}")
        found: str = method(node, names)
        return found

    def _identifier_ref(self, node: Node, names: Mapping[str, str]) -> str:
        name = node.text
        if name in names:
            return names[name]
        if name in self.variables:
            return f"S[{name!r}]"
        if name in self.operators:
            return f"D[{name!r}](S)"
        if name in self.constants:
            return f"C[{name!r}]"
        return f"look(E, {name!r})"

    def _bound_op(self, node: Node, names: Mapping[str, str]) -> str:
        head, *args = node.parts
        given = [self.source(a, names) for a in args]
        name = head.text
        if name in LIBRARY:
            return f"L[{name!r}]({', '.join(given)})"
        return f"D[{name!r}]({', '.join(['S', *given])})"

    def _parentheses(self, node: Node, names: Mapping[str, str]) -> str:
        return self.source(node.parts[0], names)

    def _nat_number(self, node: Node, names: Mapping[str, str]) -> str:
        return node.text

    def _string(self, node: Node, names: Mapping[str, str]) -> str:
        return repr(node.text[1:-1])

    def _boolean(self, node: Node, names: Mapping[str, str]) -> str:
        return node.text.capitalize()

    def _boolean_set(self, node: Node, names: Mapping[str, str]) -> str:
        return "frozenset({True, False})"

    def _prev_func_val(self, node: Node, names: Mapping[str, str]) -> str:
        return "before"

    def _bound_infix_op(self, node: Node, names: Mapping[str, str]) -> str:
        left, sign, right = node.parts
        if sign.type == "times":
            return f"product({', '.join(self.source(x, names) for x in _factors(node))})"
        a, b = self.source(left, names), self.source(right, names)
        if sign.type in TRUTHS:
            a, b = f"true({a})", f"true({b})"
        return INFIX[sign.type].format(a, b)

    def _bound_prefix_op(self, node: Node, names: Mapping[str, str]) -> str:
        sign, of = node.parts
        inner = self.source(of, names)
        return {
            "lnot": f"(not true({inner}))",
            "powerset": f"powerset({inner})",
            "union": f"union({inner})",
            "domain": f"frozenset({inner})",
            "negative": f"(-{inner})",
        }[sign.type]

    def _conj_list(self, node: Node, names: Mapping[str, str]) -> str:
        return "(" + " and ".join(f"true({self.source(x, names)})" for x in node.items) + ")"

    def _disj_list(self, node: Node, names: Mapping[str, str]) -> str:
        return "(" + " or ".join(f"true({self.source(x, names)})" for x in node.items) + ")"

    def _if_then_else(self, node: Node, names: Mapping[str, str]) -> str:
        test, then, orelse = (self.source(x, names) for x in node.parts)
        return f"({then} if true({test}) else {orelse})"

    def _let_in(self, node: Node, names: Mapping[str, str]) -> str:
        *definitions, body = node.parts
        inner, opening, closing = dict(names), "", ""
        for definition in definitions:
            name, value = self.define(definition, {})
            opening += f"(lambda v_{name}: "
            closing = f")(Lazy(lambda: {self.source(value, inner)}))" + closing
            inner[name] = f"v_{name}()"
        return opening + self.source(body, inner) + closing

    def _loops(
        self, bounds: Sequence[Node], names: Mapping[str, str]
    ) -> tuple[str, dict[str, str]]:
        """`for v_x in ... for v_y in ...`, and the names inside."""
        inner, loops = dict(names), []
        for bound in bounds:
            *bound_names, _, domain = bound.parts
            over = self.source(domain, names)
            for n in bound_names:
                inner[n.text] = f"v_{n.text}"
                loops.append(f"for v_{n.text} in {over}")
        return " ".join(loops), inner

    def _bounded_quantification(self, node: Node, names: Mapping[str, str]) -> str:
        sign, *bounds, body = node.parts
        loops, inner = self._loops(bounds, names)
        word = "all" if sign.type == "forall" else "any"
        return f"{word}(true({self.source(body, inner)}) {loops})"

    def _set_filter(self, node: Node, names: Mapping[str, str]) -> str:
        bound, condition = node.parts
        name, _, domain = bound.parts
        inner = {**names, name.text: f"v_{name.text}"}
        test = self.source(condition, inner)
        return f"those({self.source(domain, names)}, lambda v_{name.text}: {test})"

    def _lambda(self, node: Node, names: Mapping[str, str]) -> str:
        name, body = node.parts
        inner = {**names, name.text: f"v_{name.text}"}
        return f"(lambda v_{name.text}: {self.source(body, inner)})"

    def _set_map(self, node: Node, names: Mapping[str, str]) -> str:
        element, *bounds = node.parts
        loops, inner = self._loops(bounds, names)
        return f"frozenset({self.source(element, inner)} {loops})"

    def _choose(self, node: Node, names: Mapping[str, str]) -> str:
        name, _, domain, condition = node.parts
        inner = {**names, name.text: f"v_{name.text}"}
        over = self.source(domain, names)
        test = self.source(condition, inner)
        return f"choose(v_{name.text} for v_{name.text} in {over} if true({test}))"

    def _finite_set_literal(self, node: Node, names: Mapping[str, str]) -> str:
        return f"frozenset([{', '.join(self.source(x, names) for x in node.parts)}])"

    def _tuple_literal(self, node: Node, names: Mapping[str, str]) -> str:
        items = [x for x in node.parts if "bracket" not in x.type]
        return f"tup({', '.join(self.source(x, names) for x in items)})"

    def _record_literal(self, node: Node, names: Mapping[str, str]) -> str:
        return f"Fn({{{self._fields(node, names)}}})"

    def _set_of_records(self, node: Node, names: Mapping[str, str]) -> str:
        return f"records({{{self._fields(node, names)}}})"

    def _fields(self, node: Node, names: Mapping[str, str]) -> str:
        found = [x for x in node.parts if x.type != "all_map_to"]
        pairs = zip(found[::2], found[1::2], strict=True)
        return ", ".join(f"{n.text!r}: {self.source(x, names)}" for n, x in pairs)

    def _record_value(self, node: Node, names: Mapping[str, str]) -> str:
        of, name = node.parts
        return f"field({self.source(of, names)}, {name.text!r})"

    def _set_of_functions(self, node: Node, names: Mapping[str, str]) -> str:
        domain, _, range_ = node.parts
        return f"functions({self.source(domain, names)}, {self.source(range_, names)})"

    def _function_literal(self, node: Node, names: Mapping[str, str]) -> str:
        *bounds, _, body = node.parts
        loops, inner = self._loops(bounds, names)
        keys = "".join(f"v_{n.text}, " for b in bounds for n in b.parts[:-2])
        return f"function((({keys}), {self.source(body, inner)}) {loops})"

    def _function_evaluation(self, node: Node, names: Mapping[str, str]) -> str:
        return f"apply({', '.join(self.source(x, names) for x in node.parts)})"

    def _except(self, node: Node, names: Mapping[str, str]) -> str:
        of, *updates = node.parts
        found = self.source(of, names)
        for update in updates:
            at, new = update.parts
            (application,) = at.parts
            keys = "".join(f"{self.source(k, names)}, " for k in application.parts)
            found = f"updated({found}, ({keys}), lambda before: {self.source(new, names)})"
        return found


def _factors(node: Node) -> list[Node]:
    if node.sign != "times":
        return [node]
    left, _, right = node.parts
    return [*_factors(left), right]
