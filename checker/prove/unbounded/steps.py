"""What an action does: its guards, and the state after it as a macro over the state before.

`for s in Slot: self.x[p, s] = ...` is one write for all keys at once. Where a loop writes one cell
several times, as in `for v in Value: if latest(v): self.x[p] = v`, the last one counts in a run;
here any of them may: more states than there are, so that what is proved holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import z3

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType, Record, SeqType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE, constant
from quorate.model.language.ir.traverse import free

from .binding import Literal, exists, literals, within
from .choices import is_chosen
from .extremes import for_extremes
from .finiteness import maxima
from .logic import Formula, Term, conj, disj, equal, every, implies, lifted, neg, single, triggered
from .signature import Signature, UnsupportedError, cell_type
from .states import ArbitraryState, State
from .translate import FirstOrderTranslator
from .values import MessageValue, Value, choose


class InitialValues:
    """The initial values, before an `@init` action, and any values for its arguments."""

    def __init__(self, signature: Signature) -> None:
        self.at = FirstOrderTranslator(signature, ArbitraryState(signature))
        self.variables = signature.description.by_name

    def _initial(self, variable: str) -> c.Expr:
        v: Variable = self.variables[variable]
        return constant(v.initial, cell_type(v.type))

    def cell(self, variable: str, keys: Sequence[Term]) -> Value:
        if is_chosen(variable):
            return self.at.state.cell(variable, keys)
        return self.at.value(self._initial(variable), {})

    def contains(self, variable: str, keys: Sequence[Term], item: Term) -> Formula:
        if is_chosen(variable):
            return self.at.state.contains(variable, keys, item)
        return self.at.members(self._initial(variable), {})(item)

    def sent(self, record: type[Record], columns: Sequence[Term]) -> Formula:
        return False


@dataclass
class SymbolicStep:
    """One action taken in `before`; `parameters` are constants. It is itself the state after."""

    signature: Signature
    action: c.Action
    before: State
    env: dict[str, Any] = field(init=False)
    guards: list[Formula] = field(init=False)

    def __post_init__(self) -> None:
        self.at = FirstOrderTranslator(self.signature, self.before)
        self.choices: list[Formula] = maxima(self.at, self.action)
        conditions = [x for g in self.action.guards for x in literals(g.condition, True)]
        taken = _Parameters(self.at, self.action.parameters, conditions)
        self.guards = [taken.over(0, {})]
        self.env = taken.env
        self._chosen: dict[int, Any] = {}

    # ------------------------------------------------------------ the state after

    def cell(self, variable: str, keys: Sequence[Term]) -> Value:
        found = self.before.cell(variable, keys)
        for write in self.writes(variable):
            here, env = self._reached(write, keys)
            if here is not False:
                found = choose(here, self.at.value(write.value, env), found)
        return found

    def contains(self, variable: str, keys: Sequence[Term], item: Term) -> Formula:
        found = self.before.contains(variable, keys, item)
        for write in self.writes(variable):
            here, env = self._reached(write, keys)
            if here is not False:
                inside = self.at.members(write.value, env)(item)
                found = disj([conj([here, inside]), conj([neg(here), found])])
        return found

    def sent(self, record: type[Record], columns: Sequence[Term]) -> Formula:
        found = [self.before.sent(record, columns)]
        for send in self.sends:
            found.append(self._sends(send, send.message, record, columns, []))
        return disj(found)

    def writes(self, variable: str) -> list[c.Write]:
        """The effects that write a variable."""
        return [w for w in self._writes if w.variable == variable]

    @cached_property
    def _writes(self) -> list[c.Write]:
        return [for_extremes(e) for e in self.action.effects if isinstance(e, c.Write)]

    @cached_property
    def sends(self) -> list[c.Send]:
        """The effects that send."""
        return [for_extremes(e) for e in self.action.effects if isinstance(e, c.Send)]

    # ------------------------------------------------------------ writes

    def _reached(self, write: c.Write, keys: Sequence[Term]) -> tuple[Formula, dict[str, Any]]:
        """Whether the write reaches the cell at `keys`, and its binders when it does."""
        env = dict(self.env)
        left = {b.var.name: b for b in write.binders}
        conditions: list[Formula] = []
        for key, given in zip(write.keys, keys, strict=True):
            if isinstance(key, c.Var) and key.name in left:
                env[key.name] = single(given)
                conditions.append(self._in_domain(left.pop(key.name), given, env))
            else:
                if free(key).keys() & set(left):
                    raise UnsupportedError("a loop that writes at a computed key", write.span)
                conditions.append(lifted(equal, self.at.term(key, env), single(given)))
        if any(x is False for x in conditions):
            return False, env
        if left:
            conditions.append(self._chosen_values(write, keys, list(left.values()), env))
        elif write.when != TRUE:
            conditions.append(self.at.formula(write.when, env))
        return conj(conditions), env

    def _in_domain(self, binder: c.Binder, x: Term, env: dict[str, Any]) -> Formula:
        match binder.domain:
            case c.OverType(type=of):
                return self.signature.proper(x, of)
            case c.OverMembers(of=of) if not isinstance(of.type, SeqType):
                return self.at.members(of, env)(x)
            case c.OverRange():
                return within(self.at, binder.domain, env)(x)
        raise UnsupportedError("this loop over a map's keys", binder.var.span)

    def _chosen_values(
        self, write: c.Write, keys: Sequence[Term], left: list[c.Binder], env: dict[str, Any]
    ) -> Formula:
        """Binders that the keys leave open: any values for which the write happens.

        They are functions of the keys: Skolem's, so that one cell holds one value.
        """
        conditions = literals(write.when, True)
        if not any(b.var.name in free(write.value) for b in left):
            return exists(self.at, left, conditions, env)
        if len(left) != 1 or isinstance(left[0].domain, c.OverSent):
            raise UnsupportedError("this loop with several writes to one cell", write.span)
        binder = left[0]
        bound = [k for k, key in zip(keys, write.keys, strict=True) if _is_bound(key, write)]
        function = self._choice(write, binder, bound, env)
        chosen = function(*bound) if bound else function
        env[binder.var.name] = single(chosen)
        return self._happens(write, binder, chosen, env)

    def _happens(self, write: c.Write, binder: c.Binder, x: Term, env: dict[str, Any]) -> Formula:
        proper = self._in_domain(binder, x, env)
        inner = {**env, binder.var.name: single(x)}
        return conj([proper, self.at.formula(write.when, inner)])

    def _choice(
        self, write: c.Write, binder: c.Binder, bound: list[Term], env: dict[str, Any]
    ) -> Any:
        """A function with the axiom that it gives a value for which the write happens, if any."""
        if id(write) not in self._chosen:
            sort = self.signature.sort(binder.var.type, write.span)
            name = str(self.signature.fresh(f"chosen.{binder.var.name}", sort))
            f = (
                z3.Function(name, *(k.sort() for k in bound), sort)
                if bound
                else z3.Const(name, sort)
            )
            self._chosen[id(write)] = f
            row = [self.signature.fresh("k", k.sort()) for k in bound]
            x = self.signature.fresh("x", sort)
            names = [key.name for key in write.keys if _is_bound(key, write)]  # type: ignore[attr-defined]
            inner = {**env, **{n: single(k) for n, k in zip(names, row, strict=True)}}
            chosen = f(*row) if bound else f
            this = self._happens(write, binder, x, inner)
            that = self._happens(write, binder, chosen, inner)
            self.choices.append(triggered(every([*row, x], implies(this, that)), strict=True))
        return self._chosen[id(write)]

    # ------------------------------------------------------------ sends

    def _sends(
        self,
        send: c.Send,
        message: c.Expr,
        record: type[Record],
        columns: Sequence[Term],
        tests: list[Literal],
    ) -> Formula:
        """Whether the effect sends a message with these columns."""
        match message:
            case c.Ite(test=test, then=then, orelse=orelse):
                yes, no = literals(test, True), literals(test, False)
                return disj(
                    [
                        self._sends(send, then, record, columns, [*tests, *yes]),
                        self._sends(send, orelse, record, columns, [*tests, *no]),
                    ]
                )
            case c.MakeRecord(record=made, args=args):
                if made is not record:
                    return False
                env, equations = self._wanted(record, args, columns)
                conditions = [*equations, *literals(send.when, True), *tests]
                return conj(
                    [self._row(record, columns), exists(self.at, send.binders, conditions, env)]
                )
        if message.type.record is not record:  # type: ignore[attr-defined]
            return False
        raise UnsupportedError("sending a message that is not made here", send.span)

    def _row(self, record: type[Record], columns: Sequence[Term]) -> Formula:
        """That maps are looked at where they have an entry."""
        relation = self.signature.relations[record]
        if relation.key is None:
            return True
        return self.signature.proper(columns[len(relation.narrow)], relation.key)

    def _wanted(
        self, record: type[Record], args: tuple[c.Expr, ...], columns: Sequence[Term]
    ) -> tuple[dict[str, Any], list[Literal]]:
        """Equations between what is sent and what is asked for, which binders are solved by."""
        relation = self.signature.relations[record]
        env = dict(self.env)
        equations: list[Literal] = []
        given = self.signature.message(relation, columns)
        for name, arg in zip(record.field_types(), args, strict=True):
            sent = arg
            if isinstance(arg, c.MakeMap):
                env[arg.var.name] = single(columns[len(relation.narrow)])
                sent = arg.body
            elif isinstance(arg.type, MapType):
                raise UnsupportedError("sending a map that is not made here", arg.span)
            asked = c.Var(name=f"{{{name}}}", type=sent.type)
            env[asked.name] = given[name]
            equations.append((c.Eq(left=sent, right=asked, type=c.BOOL), True))
        return env, equations


def _is_bound(key: c.Expr, write: c.Write) -> bool:
    return isinstance(key, c.Var) and key.name in {b.var.name for b in write.binders}


class _Parameters:
    """The parameters of an action as constants, and its guards, with equations solved."""

    def __init__(
        self, at: FirstOrderTranslator, binders: Sequence[c.Binder], conditions: list[Literal]
    ) -> None:
        self.at, self.binders, self.conditions = at, binders, conditions
        self.env: dict[str, Any] = {}

    def over(self, i: int, env: dict[str, Any]) -> Formula:
        v = self.at.signature
        parts: list[Formula] = []
        for b in self.binders:
            match b.domain:
                case c.OverSent(record=record):
                    relation = v.relations[record]
                    if relation.wide:
                        raise UnsupportedError("receiving a message that holds maps", b.var.span)
                    row = [v.fresh(f"{b.var.name}.{n}", v.sort(t)) for n, t in relation.columns]
                    env[b.var.name] = MessageValue(v.message(relation, row))
                    parts.append(self.at.state.sent(record, row))
                case c.OverType(type=of):
                    x = v.fresh(b.var.name, v.sort(of, b.var.span))
                    env[b.var.name] = single(x)
                    parts.append(v.proper(x, of))
                case _:
                    raise UnsupportedError("this kind of parameter", b.var.span)
        self.env = env
        for e, positive in self.conditions:
            found = self.at.formula(e, env)
            parts.append(found if positive else neg(found))
        return conj(parts)
