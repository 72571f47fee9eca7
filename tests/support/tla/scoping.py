"""What TLA+ wants of names, as SANY checks it: declared first, declared once, with its arity.

A name must be known above the place where it is used; no name may be given twice, not even to
a bound variable inside the scope of the other; an operator takes as many arguments as it has
parameters. None of this is in a grammar.
"""

from __future__ import annotations

from collections.abc import Mapping

from .tree import Node, parse

# What the modules of the standard library define, with how many arguments each takes.
NATURALS = {"Nat": 0}
MODULES: dict[str, dict[str, int]] = {
    "Naturals": NATURALS,
    "Integers": {**NATURALS, "Int": 0},
    "Sequences": {
        "Seq": 1, "Len": 1, "Append": 2, "Head": 1, "Tail": 1, "SubSeq": 3, "SelectSeq": 2,
    },
    "FiniteSets": {"IsFiniteSet": 1, "Cardinality": 1},
    "TLC": {
        "Print": 2, "PrintT": 1, "Assert": 2, "JavaTime": 0, "TLCGet": 1, "TLCSet": 2,
        "Permutations": 1, "SortSeq": 2, "RandomElement": 1, "Any": 0, "ToString": 1, "TLCEval": 1,
    },
}  # fmt: skip
# Signs that a module of the library defines; `=`, `\in`, `\cup` and such are TLA+'s own.
SIGNS = {
    "plus": "Naturals", "minus": "Naturals", "div": "Naturals", "lt": "Naturals",
    "gt": "Naturals", "leq": "Naturals", "geq": "Naturals", "dots_2": "Naturals",
    "circ": "Sequences",
}  # fmt: skip
BINDERS = ("bounded_quantification", "set_filter", "set_map", "function_literal", "choose")


def mistakes(text: str) -> list[str]:
    """What SANY would refuse in a module, in the order of the text."""
    (root,) = [n for n in parse(text).parts if n.type == "module"]
    return _Module(root).found


class _Module:
    def __init__(self, root: Node) -> None:
        self.found: list[str] = []
        self.known: dict[str, int] = {}
        self.extended: set[str] = set()
        for node in root.parts:
            self._unit(node)

    def _unit(self, node: Node) -> None:
        match node.type:
            case "extends":
                for name in node.parts:
                    self._extend(name.text)
            case "constant_declaration" | "variable_declaration":
                for name in node.parts:
                    self.known = self._declared({name.text: 0}, self.known)
            case "operator_definition":
                self.known = self._definition(node, self.known)

    def _extend(self, name: str) -> None:
        if name not in MODULES:
            self.found.append(f"no module {name}")
            return
        self.extended |= {name, "Naturals"} if name == "Integers" else {name}
        self.known |= MODULES[name]

    def _declared(self, names: Mapping[str, int], known: dict[str, int]) -> dict[str, int]:
        self.found += [f"{n} is declared twice" for n in names if n in known]
        return {**known, **names}

    def _definition(self, node: Node, known: dict[str, int]) -> dict[str, int]:
        """`name(a, b) == body`: its body sees what is above, and the parameters."""
        name, *rest = node.parts
        parameters = [n.text for n in rest if n.type == "identifier"]
        if len(parameters) != len(set(parameters)):
            self.found.append(f"{name.text} has two parameters of one name")
        self._expression(rest[-1], self._declared(dict.fromkeys(parameters, 0), known))
        return self._declared({name.text: len(parameters)}, known)

    def _expression(self, node: Node, known: dict[str, int]) -> None:
        if node.type == "identifier_ref":
            self._used(node.text, 0, known)
        elif node.type == "bound_op":
            self._used(node.parts[0].text, len(node.parts) - 1, known)
            for part in node.parts[1:]:
                self._expression(part, known)
        elif node.type == "record_value":
            self._expression(node.parts[0], known)  # what follows is a field
        elif node.type == "let_in":
            *definitions, body = node.parts
            for definition in definitions:
                known = self._definition(definition, known)
            self._expression(body, known)
        elif node.type == "lambda":
            name, body = node.parts
            self._expression(body, self._declared({name.text: 0}, known))
        elif node.type in BINDERS:
            self._bound(node, known)
        else:
            if node.sign in SIGNS and SIGNS[node.sign] not in self.extended:
                self.found.append(f"{node.parts[1].text} needs {SIGNS[node.sign]}")
            for part in node.parts:
                self._expression(part, known)

    def _bound(self, node: Node, known: dict[str, int]) -> None:
        """The domains see what is outside, the rest the bound names as well."""
        inner, rest = known, []
        if node.type == "choose":
            name, _, domain, condition = node.parts
            bounds, rest = [([name], domain)], [condition]
        else:
            bounds = []
            for part in node.parts:
                if part.type == "quantifier_bound":
                    *names, _, domain = part.parts
                    bounds.append((names, domain))
                else:
                    rest.append(part)
        for names, domain in bounds:
            self._expression(domain, known)
            for n in names:
                inner = self._declared({n.text: 0}, inner)
        for part in rest:
            self._expression(part, inner)

    def _used(self, name: str, arguments: int, known: dict[str, int]) -> None:
        if name not in known:
            self.found.append(f"{name} is not defined above")
        elif known[name] != arguments:
            self.found.append(f"{name} takes {known[name]} arguments, not {arguments}")
