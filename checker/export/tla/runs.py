"""Fairness and properties of runs, as temporal formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quorate.model.language.ir import surface as s
from quorate.model.language.ir.steps import OLD
from quorate.model.language.ir.traverse import transformed

from . import terms as t
from .layout import Doc, bullets, cat, render
from .operators import TlaOperators
from .scopes import Scope
from .terms import Term

FORMULAS = {
    "eventually": "<>(",
    "always_eventually": "[]<>(",
    "eventually_always": "<>[](",
}


class TlaRuns:
    """Writes what a protocol says of its runs."""

    def __init__(self, operators: TlaOperators) -> None:
        self.operators, self.domains = operators, operators.domains
        self.description = operators.description

    def spec(self) -> list[str]:
        """The specification, with the fairness that it assumes."""
        fair = [a for a in self.description.actions if a.fair is not None]
        if not fair:
            return ["Spec == Init /\\ [][Next]_vars"]
        name = self.domains.names.give("fairness", "Fairness")
        parts = bullets("/\\", [self._fair(a).doc for a in fair])
        return [
            f"{name} ==\n  {render(parts, 2)}",
            f"Spec == Init /\\ [][Next]_vars /\\ {name}",
        ]

    def _fair(self, a: s.Action) -> Term:
        """`\\A p \\in P : WF_vars(\\E k \\in K : A(p, k))`."""
        scope = Scope(frozenset(self.domains.names.used))
        outside, terms = [], {}
        for p in a.parameters:
            if p.name in a.fair_for:
                name, scope = scope.bind(p.name, p.uid)
                terms[p.uid] = Term(name)
                outside.append(t.bound([name], self.domains.proper(p.type)))
        sign = "WF_vars" if a.fair == "weak" else "SF_vars"
        found = t.apply(sign, self.operators.some(a, terms, scope))
        return _for_all(outside, found)

    # ------------------------------------------------------------ properties

    def property(self, p: s.Temporal) -> str:
        """One property, for all values of its parameters."""
        bodies = [_of_steps(b) for b in p.bodies] if p.kind == "step_property" else p.bodies
        names, found, scope = self.operators.scope(p.parameters, bodies)
        expressions = self.operators.expressions
        terms = [
            self.operators.with_locals(found, scope, expressions.expr(body, scope))
            for body in bodies
        ]
        bounds = [
            t.bound([name], self.domains.proper(parameter.type))
            for name, parameter in zip(names, p.parameters, strict=True)
        ]
        if p.kind == "step_property":  # TLC reads it with the quantifiers inside alone
            formula = Term(cat("[][", _for_all(bounds, terms[0]).doc, "]_vars"))
        elif p.kind == "leads_to":
            pair = Term(cat("(", terms[0].doc, ") ~> (", terms[1].doc, ")"), t.OPEN)
            formula = _for_all(bounds, pair)
        else:
            formula = _for_all(bounds, Term(cat(FORMULAS[p.kind], terms[0].doc, ")")))
        return self.operators.definition(self.domains.own(p.name), (), formula.doc, p.doc)


def _for_all(bounds: Sequence[Doc], body: Term) -> Term:
    for bound in reversed(bounds):
        body = t.quantified("\\A", bound, body)
    return body


def _of_steps(e: s.Expr) -> s.Expr:
    """The state before a step as it is, the one after it primed; helpers are written out."""

    def put(node: object) -> object:
        if isinstance(node, s.Call):
            args = {p.uid: _of_steps(a) for p, a in zip(node.parameters, node.args, strict=True)}
            return _filled(_of_steps(node.body), args)
        if isinstance(node, (s.StateRead, s.SentMessages)):
            name = node.variable.name
            new = name.removeprefix(OLD) if name.startswith(OLD) else f"{name}'"
            read = replace(node, variable=replace(node.variable, name=new))
            if isinstance(read, s.StateRead):
                read = replace(read, keys=tuple(map(_of_steps, read.keys)))
            return read
        return None

    found: s.Expr = transformed(e, put)
    return found


def _filled(body: s.Expr, args: dict[int, s.Expr]) -> s.Expr:
    """The body of a helper with arguments for its parameters."""

    def put(node: object) -> object:
        return args.get(node.uid) if isinstance(node, s.Name) else None

    found: s.Expr = transformed(body, put)
    return found
