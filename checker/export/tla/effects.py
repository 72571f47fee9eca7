"""Effects: the statements of an action as one primed equation for each variable."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType, MessagesType
from quorate.model.language.ir import surface as s

from . import terms as t
from .expressions import TlaExpressions
from .layout import Align, Doc, cat, filled, joined, listed
from .looking import lost_in_crash, may_be_no_key, may_be_undefined, mentions, written
from .routes import Body, Route, assignments, loop_name, routes, sends, short_name
from .scopes import Scope
from .terms import Term


@dataclass
class Effects:
    """Writes effects. `prime` marks what is written: a prime, or nothing in an initial state."""

    expressions: TlaExpressions
    variables: tuple[Variable, ...]
    prime: str = "'"
    known_cells: Container[tuple[str, tuple[s.Expr, ...]]] = ()  # read by a guard already

    def written(self, body: Body) -> dict[str, None]:
        """The variables that statements write, in order."""
        return written(body, lambda p: [v.name for v in lost_in_crash(self.variables, p)])

    def own(self, name: str) -> str:
        return self.expressions.domains.own(name)

    def old(self, v: Variable, scope: Scope, keys: Sequence[Term] = ()) -> Term:
        """The variable, or a cell of it, before the step."""
        if v.name in scope.read:
            return scope.read[v.name]
        of = Term(self.own(v.name))
        return t.index(of, *keys) if keys else of

    # ------------------------------------------------------------ conjuncts

    def conjuncts(self, body: Body, names: Iterable[str], scope: Scope) -> list[Term]:
        """The values of all these variables after the statements, in the order of writing."""
        names = list(names)
        effects = [x for x in body if not isinstance(x, s.Require)]
        writers = {n: [x for x in effects if n in self.written([x])] for n in names}
        found: list[Term] = []
        done: set[str] = set()
        for statement in effects:
            for name in self.written([statement]):
                if name in done or name not in writers:
                    continue
                alone = isinstance(statement, s.If) and writers[name] == [statement]
                if isinstance(statement, s.If) and alone and self.prime:
                    group = [n for n in self.written([statement]) if writers.get(n) == [statement]]
                    found.append(self.branches(statement, group, scope))
                else:
                    group = [name]
                    found.append(self.equation(name, writers[name], scope))
                done |= set(group)
        same = [self.own(n) for n in names if n not in done]
        return found + ([self.unchanged(same)] if same else [])

    def branches(self, e: s.If, names: list[str], scope: Scope) -> Term:
        test = self.expressions.expr(e.test, scope.value())
        then = self.conjuncts(e.then, names, scope)
        orelse = self.conjuncts(e.orelse, names, scope)
        return t.conditional(test, t.junction("and", then), t.junction("and", orelse))

    def unchanged(self, names: list[str]) -> Term:
        if len(names) == 1:
            return Term(f"UNCHANGED {names[0]}", t.NOT)
        return Term(filled("UNCHANGED <<", names, ">>"), t.NOT)

    def equation(self, name: str, body: Body, scope: Scope) -> Term:
        (v,) = [v for v in self.variables if v.name == name]
        target = Term(f"{self.own(name)}{self.prime}")
        scope = scope.value()
        if isinstance(v.type, MessagesType) and v.type.network is not None:
            value = self.in_flight_after(v, body, self.old(v, scope), scope)
        elif isinstance(v.type, MessagesType):
            old = self.old(v, scope)
            value = t.union([*([] if old == t.EMPTY else [old]), *self.sends(v, body, scope)])
        elif isinstance(v.type, MapType):
            value = self.map_after(v, v.type, body, scope)
        else:
            value = self.cell_after(v, (), body, self.old(v, scope), scope)
        return t.infix(target, "=", value, t.RELATION)

    # ------------------------------------------------------------ messages

    def sends(self, v: Variable, body: Body, scope: Scope) -> list[Term]:
        """The sets of messages of this variable that statements send."""
        plain: list[Term] = []
        found: list[Term] = []
        for x in body:
            match x:
                case s.Send() if x.variable.name == v.name:
                    plain.append(self.expressions.expr(x.message, scope))
                case s.If(test=test, then=then, orelse=orelse):
                    yes, no = self.sends(v, then, scope), self.sends(v, orelse, scope)
                    if yes or no:
                        both = [t.union(sets) if sets else t.EMPTY for sets in (yes, no)]
                        found.append(t.conditional(self.expressions.expr(test, scope), *both))
                case s.For():
                    found += [self._sent_in(r, scope) for r in routes([x]) if sends(v, r)]
        return ([t.set_of(plain)] if plain else []) + found

    def _sent_in(self, route: Route, scope: Scope) -> Term:
        message = route.statement.message  # type: ignore[attr-defined]
        return self.expressions.collected(
            route.generators, lambda inner: self.expressions.expr(message, inner), scope
        )

    def in_flight_after(self, v: Variable, body: Body, before: Term, scope: Scope) -> Term:
        """The messages in flight after the statements; `before` are those before them.

        To send what is in flight is undefined: TLC stops at a choice from an empty set.
        """
        for x in body:
            if v.name not in self.written([x]):
                continue
            match x:
                case s.Send():
                    new = t.set_of([self.expressions.expr(x.message, scope)])
                    before = t.union([before, self._apart(new, before)])
                case s.Receive():
                    gone = t.set_of([self.expressions.expr(x.message, scope)])
                    before = t.infix(before, "\\", gone, t.SET)
                case s.If(test=test, then=then, orelse=orelse):
                    sides = [self.in_flight_after(v, y, before, scope) for y in (then, orelse)]
                    before = t.conditional(self.expressions.expr(test, scope), *sides)
                case s.For():
                    inside = [r for r in routes([x]) if v.name in self.written([r.statement])]
                    if len({type(r.statement) for r in inside}) > 1:
                        raise self.expressions.refuse(x, "a loop that sends and discards")
                    found = t.union([self._sent_in(r, scope) for r in inside])
                    if isinstance(inside[0].statement, s.Send):
                        before = t.union([before, self._apart(found, before)])
                    else:
                        before = t.infix(before, "\\", found, t.SET)
        return before

    def _apart(self, sent: Term, others: Term) -> Term:
        if others == t.EMPTY:
            return sent
        return self.expressions.domains.helper("Apart", sent, others)

    # ------------------------------------------------------------ maps

    def map_after(self, v: Variable, kind: MapType, body: Body, scope: Scope) -> Term:
        """`[f EXCEPT ![k] = e]`, or the whole map anew where a loop goes over its keys."""
        updates = [self.update(v, x, scope) for x in body]
        if all(u is not None for u in updates) and v.name not in scope.read:
            docs = [u for u in updates if u is not None]
            lines = joined(docs, cat(", ")) if len(docs) == 1 else listed("", docs, "")
            return Term(cat(f"[{self.own(v.name)} EXCEPT ", lines, "]"))
        names, keys, inner = [], [], scope
        for i, k in enumerate(kind.keys):
            name, inner = inner.reserve(loop_name(v, i, body) or short_name(k))
            names.append(name)
            keys.append(Term(name))
        cell = self.cell_after(v, keys, body, self.old(v, scope, keys), inner)
        domains = [self.expressions.domains.proper(k) for k in kind.keys]
        bounds = [t.bound([n], d) for n, d in zip(names, domains, strict=True)]
        return t.function(joined(bounds, ", "), cell)

    def update(self, v: Variable, x: s.Statement, scope: Scope) -> Doc | None:
        """One statement as `![k] = e`, None if it is no change of a single cell."""
        keys = self._one_cell(v, x)
        if keys is None:
            return None
        at = listed("![", [k.doc for k in self.keys(v, keys, scope)], "] = ")
        return cat(at, Align(self._new_value(v, x, scope).doc))

    def keys(self, v: Variable, keys: tuple[s.Expr, ...], scope: Scope) -> list[Term]:
        """The keys of a cell that is written. TLA+ would ignore a write outside the domain."""
        found = [self.expressions.expr(k, scope) for k in keys]
        kinds = v.type.keys if isinstance(v.type, MapType) else ()
        if (v.name, keys) in self.known_cells:
            return found
        return [
            self.expressions.domains.helper("Key", term, self.expressions.domains.proper(kind))
            if may_be_no_key(e)
            else term
            for e, term, kind in zip(keys, found, kinds, strict=False)
        ]

    def _one_cell(self, v: Variable, x: s.Statement) -> tuple[s.Expr, ...] | None:
        """The keys of the only cell of the variable that a statement may write."""
        match x:
            case s.Assign():
                return x.keys or None
            case s.Crash(process=process):
                return (process,) if len(v.type.keys) == 1 else None  # type: ignore[attr-defined]
            case s.If(then=then, orelse=orelse):
                inside = [y for y in (*then, *orelse) if v.name in self.written([y])]
                cells = [self._one_cell(v, y) for y in inside]
                first = cells[0]
                once = all(sum(y in part for y in inside) <= 1 for part in (then, orelse))
                if first is None or not once or any(c != first for c in cells):
                    return None
                unsure = any(may_be_undefined(k) or may_be_no_key(k) for k in first)
                return None if unsure else first
        return None

    def _new_value(self, v: Variable, x: s.Statement, scope: Scope) -> Term:
        """What the cell holds after a statement; `@` is what it held before."""
        match x:
            case s.Assign(value=value):
                return self.expressions.expr(value, scope)
            case s.Crash():
                return self._first(v)
            case s.If(test=test, then=then, orelse=orelse):
                sides = []
                for part in (then, orelse):
                    inside = [y for y in part if v.name in self.written([y])]
                    sides.append(self._new_value(v, inside[0], scope) if inside else Term("@"))
                return t.conditional(self.expressions.expr(test, scope), *sides)
        raise self.expressions.refuse(x, "this statement")

    def _first(self, v: Variable) -> Term:
        cell = v.type.value if isinstance(v.type, MapType) else v.type
        return self.expressions.domains.constant(v.initial, cell)

    # ------------------------------------------------------------ cells

    def cell_after(
        self, v: Variable, keys: Sequence[Term], body: Body, before: Term, scope: Scope
    ) -> Term:
        """What the cell at these keys holds after the statements; `before` is what it held."""
        for x in body:
            if v.name not in self.written([x]):
                continue
            match x:
                case s.Assign(value=value):
                    new = self.expressions.expr(value, scope)
                    before = self._where(self._here(v, x.keys, keys, scope), new, before)
                case s.Crash(process=process):
                    here = self._here(v, (process,), keys, scope)
                    before = self._where(here, self._first(v), before)
                case s.If(test=test, then=then, orelse=orelse):
                    sides = [self.cell_after(v, keys, y, before, scope) for y in (then, orelse)]
                    before = t.conditional(self.expressions.expr(test, scope), *sides)
                case s.For():
                    before = self._after_loop(v, keys, x, before, scope)
        return before

    def _here(
        self, v: Variable, own: tuple[s.Expr, ...], keys: Sequence[Term], scope: Scope
    ) -> list[Term]:
        """That a statement writes the cell at these keys."""
        pairs = zip(keys, self.keys(v, own, scope), strict=False)
        return [t.infix(k, "=", e, t.RELATION) for k, e in pairs if k != e]

    def _where(self, conditions: list[Term], then: Term, orelse: Term) -> Term:
        return t.conditional(t.junction("and", conditions), then, orelse) if conditions else then

    def _after_loop(
        self, v: Variable, keys: Sequence[Term], loop: s.For, before: Term, scope: Scope
    ) -> Term:
        """Each round writes a cell of its own, or the rounds choose what to write."""
        g = loop.generator
        at = {
            next((i for i, k in enumerate(w.keys) if k == g.name), None)
            for w in assignments(v, loop.body)
        }
        if len(at) == 1 and (i := next(iter(at))) is not None:
            inner = scope.standing(g.name.uid, keys[i])
            after = self.cell_after(v, keys, loop.body, before, inner)
            whole = isinstance(g.iterable, s.SortRange) and g.iterable.type == v.type.keys[i]  # type: ignore[attr-defined]
            if whole:
                return after
            member = self.expressions.within(g, keys[i], scope)
            return t.conditional(member, after, before)
        return self._chosen(v, keys, loop, before, scope)

    def _chosen(
        self, v: Variable, keys: Sequence[Term], loop: s.For, before: Term, scope: Scope
    ) -> Term:
        """The rounds whose conditions hold write one cell: the only one of them says what."""
        route, *more = (r for r in routes([loop]) if v.name in self.written([r.statement]))
        write, g = route.statement, route.generators[0]
        if more or len(route.generators) > 1 or not isinstance(write, s.Assign):
            raise self.expressions.refuse(loop, "a loop whose rounds write the same cell")
        known, inner = scope.bind(g.name.name, g.name.uid)
        domain, conditions = self.expressions.domain(g, known, scope)
        conditions += [self.expressions.expr(x, inner) for x in g.conditions]
        outside: list[Term] = []
        for key, e, own in zip(keys, write.keys, self.keys(v, write.keys, inner), strict=True):
            here = [] if key == own else [t.infix(key, "=", own, t.RELATION)]
            (conditions if mentions([e], [g.name.uid]) else outside).extend(here)
        bounds, condition = t.bound([known], domain), t.junction("and", conditions)
        if not mentions([write.value], [g.name.uid]):
            found = t.quantified("\\E", bounds, condition)
            value = self.expressions.expr(write.value, scope)
            return self._where([*outside, found], value, before)
        name, outer = scope.reserve("found")
        only = self.expressions.domains.helper("Only", Term(name))
        value = self.expressions.expr(write.value, outer.standing(g.name.uid, only))
        none = t.infix(Term(name), "=", t.EMPTY, t.RELATION)
        those = t.filtered(bounds, condition) if conditions else domain
        choice = t.let([(name, those)], t.conditional(none, before, value))
        return self._where(outside, choice, before)
