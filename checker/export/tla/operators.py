"""The operators of a module: helpers, actions, initial choices, properties."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from quorate.checker.errors import InputError
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType, MessagesType, RecordType
from quorate.model.language.frontend.enabling import function_reader
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import walk

from . import terms as t
from .domains import Domains
from .effects import Effects
from .expressions import TlaExpressions
from .layout import Doc, hanging, joined, render
from .looking import local_key, locals_of, outside_calls, surely_read
from .routes import short_name
from .scopes import Scope
from .terms import Term


@dataclass
class TlaOperators:
    """Writes the operators that stand for the methods of a protocol."""

    description: s.Description
    domains: Domains

    def __post_init__(self) -> None:
        self.expressions = TlaExpressions(self.domains)
        self.variables = {v.name: v for v in self.description.variables}

    # ------------------------------------------------------------ definitions

    def definition(self, name: str, parameters: Sequence[str], body: Doc, doc: str = "") -> str:
        """`name(a, b) == body`, on one line or below."""
        head = f"{name}({', '.join(parameters)}) ==" if parameters else f"{name} =="
        return comment(doc) + render(hanging(head, body))

    def scope(
        self, parameters: Sequence[s.Name], nodes: Sequence[object], guard: bool = False
    ) -> tuple[list[str], list[s.Local], Scope]:
        """The names of parameters, the local names to define, and where both are known."""
        scope = Scope(used=frozenset(self.domains.names.used), guard=guard)
        names = []
        for p in parameters:
            name, scope = scope.bind(p.name, p.uid)
            names.append(name)
        found = locals_of(nodes, parameters)
        known: dict[object, str] = {}
        for x in found:
            text, scope = scope.reserve(x.name)
            known[local_key(x)] = text
        return names, found, replace(scope, locals=known)

    def with_locals(self, found: Sequence[s.Local], scope: Scope, body: Term) -> Term:
        """The body with the definitions of the local names that it uses."""
        text = render(body.doc)
        used: list[tuple[str, Term]] = []
        for x in reversed(found):
            name = scope.locals[local_key(x)]
            if re.search(rf"\b{name}\b", text):
                used.insert(0, (name, self.expressions.expr(x.value, scope.value())))
                text += "\n" + render(used[0][1].doc)
        return t.let(used, body)

    def _doc(self, name: str) -> str:
        return inspect.getdoc(getattr(self.description.protocol, name)) or ""

    # ------------------------------------------------------------ helpers and properties

    def defines(self) -> list[str]:
        """The helpers, those that others call before them."""
        functions = function_reader(self.description.protocol, self.variables)
        names = self.description.protocol.methods("define")
        read = {name: functions.define(name, ()) for name in names}
        order: dict[str, None] = {}

        def visit(name: str) -> None:
            for node in walk(read[name][1], outside_calls):
                if isinstance(node, s.Call):
                    visit(node.name)
            order.setdefault(name)

        for name in read:
            visit(name)
        return [self._define(name, *read[name]) for name in order]

    def _define(self, name: str, parameters: tuple[s.Name, ...], body: s.Expr) -> str:
        names, found, scope = self.scope(parameters, [body], guard=True)
        term = self.with_locals(found, scope, self.expressions.expr(body, scope))
        return self.definition(self.domains.own(name), names, term.doc, self._doc(name))

    def property(self, p: s.Property) -> str:
        _, found, scope = self.scope((), [p.body])
        term = self.with_locals(found, scope, self.expressions.expr(p.body, scope))
        return self.definition(self.domains.own(p.name), (), term.doc, p.doc)

    # ------------------------------------------------------------ actions

    def action(self, a: s.Action) -> str:
        """One conjunct for every `require`, then one for every variable that changes."""
        names, found, scope = self.scope(a.parameters, a.body, guard=True)
        parts = [
            self.expressions.is_a(name, p.type)
            for name, p in zip(names, a.parameters, strict=True)
            if self._holder(p) is not None
        ]
        if a.fault is not None:
            parts.append(t.infix(self.domains.budget(a.fault), ">", t.number(0), t.RELATION))
        parts += self._guards(a, scope)
        guards = [x.condition for x in a.body if isinstance(x, s.Require)]
        cells = {(r.variable.name, r.keys) for g in guards for r in surely_read(g)}
        effects = Effects(self.expressions, self.description.variables, known_cells=cells)
        writes = effects.written(a.body)
        parts += effects.conjuncts(a.body, writes, scope)
        same = [self.domains.own(n) for n in self.variables if n not in writes]
        for fault in self.domains.budgets():
            budget = self.domains.budget(fault)
            if fault == a.fault:
                after = t.infix(budget, "-", t.number(1), t.SUM)
                parts.append(t.infix(Term(f"{budget.text}'"), "=", after, t.RELATION))
            else:
                same.append(budget.text)
        parts += [effects.unchanged(same)] if same else []
        body = self.with_locals(found, scope, t.listed_below(parts))
        return self.definition(self.domains.own(a.name), names, body.doc, self._doc(a.name))

    def _guards(self, a: s.Action, scope: Scope) -> list[Term]:
        guards = [x.condition for x in a.body if isinstance(x, s.Require)]
        return [self.expressions.expr(g, scope) for g in guards]

    def _holder(self, p: s.Name) -> Variable | None:
        """The variable that holds the messages that a parameter ranges over."""
        for v in self.variables.values():
            held = v.type.messages if isinstance(v.type, MessagesType) else ()
            if isinstance(p.type, RecordType) and p.type.record in held:
                return v
        return None

    def some(
        self, a: s.Action, given: Mapping[int, Term] | None = None, scope: Scope | None = None
    ) -> Term:
        """That the action is taken, with some arguments for those that are not given."""
        scope = scope or Scope(frozenset(self.domains.names.used))
        found: list[tuple[list[str], Term]] = []
        names = []
        for p in a.parameters:
            if given and p.uid in given:
                names.append(given[p.uid])
                continue
            name, scope = scope.bind(p.name, p.uid)
            holder = self._holder(p)
            domain = Term(self.domains.own(holder.name)) if holder else self.domains.proper(p.type)
            if found and found[-1][1] == domain:
                found[-1][0].append(name)
            else:
                found.append(([name], domain))
            names.append(Term(name))
        call = t.apply(self.domains.own(a.name), *names)
        if not found:
            return call
        return t.quantified("\\E", joined([t.bound(n, d) for n, d in found], ", "), call)

    # ------------------------------------------------------------ the first states

    def first(self, v: Variable) -> Term:
        """What a variable holds at first."""
        if not isinstance(v.type, MapType):
            return self.cell(v)
        scope = Scope(frozenset(self.domains.names.used))
        bounds = []
        for k in v.type.keys:
            name, scope = scope.reserve(short_name(k))
            bounds.append(t.bound([name], self.domains.proper(k)))
        return t.function(joined(bounds, ", "), self.cell(v))

    def cell(self, v: Variable) -> Term:
        """What a variable, or each cell of a map, holds at first."""
        if isinstance(v.type, MessagesType):
            return t.EMPTY
        kind = v.type.value if isinstance(v.type, MapType) else v.type
        return self.domains.constant(v.initial, kind)

    def choices(self) -> tuple[list[str], set[str]]:
        """The operators of the `@init` methods, and the variables that they choose."""
        effects = Effects(self.expressions, self.description.variables, prime="")
        cells = {name: self.cell(v) for name, v in self.variables.items()}
        chosen: set[str] = set()
        found = []
        for a in self.description.inits:
            inside = [n for x in a.body for n in walk(x)]
            reads = {n.variable.name for n in inside if _reads(n)}
            writes = effects.written(a.body)
            if chosen & {*writes, *reads}:
                raise InputError(f"{a.span}: an @init that builds on another has no form in TLA+")
            names, known, scope = self.scope(a.parameters, a.body, guard=True)
            scope = replace(scope, read=cells)
            parts = self._guards(a, scope) + effects.conjuncts(a.body, writes, scope)
            body = self.with_locals(known, scope, t.listed_below(parts))
            name = self.domains.own(a.name)
            found.append(self.definition(name, names, body.doc, self._doc(a.name)))
            chosen |= set(writes)
        return found, chosen


def _reads(node: object) -> bool:
    return isinstance(node, (s.StateRead, s.SentMessages))


def comment(text: str) -> str:
    """Lines of a comment, in ASCII."""
    return "".join(f"\\* {plain(line)}".rstrip() + "\n" for line in text.splitlines())


def plain(text: str) -> str:
    """Text in ASCII, whatever it was written in."""
    for sign, written in _PLAIN.items():
        text = text.replace(sign, written)
    return text.encode("ascii", "replace").decode()


_PLAIN = {"§": "section ", "–": "-", "—": "-", "’": "'", "…": "...", "→": "->", "≤": "<="}
