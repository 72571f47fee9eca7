"""From the surface IR to the core IR: a description whose actions are flat lists of effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.queues import fifo_of, held_variable
from quorate.model.language.declare.types import MapType, MessagesType, RecordType, Type

from . import core as c
from . import surface as s
from .build import TRUE, conjunction, constant, negation
from .definedness import always_evaluated, evaluated_first, may_be_undefined
from .lower_expressions import NUMBER, Env, ExpressionLowering, placed
from .queues import QueueEffects, Under
from .traverse import walk


def lower(description: s.Description) -> c.Description:
    """Translate a whole description."""
    return c.Description(
        protocol=description.protocol,
        variables=tuple(map(held_variable, description.variables)),
        inits=tuple(_Action(description.variables).lowered(a) for a in description.inits),
        actions=tuple(_Action(description.variables).lowered(a) for a in description.actions),
        properties=tuple(map(_property, description.properties)),
        finals=tuple(map(_property, description.finals)),
        temporal=tuple(map(_temporal, description.temporal)),
    )


def _property(p: s.Property) -> c.Property:
    body = lower_expression(p.body, {})
    return c.Property(name=p.name, kind=p.kind, body=body, span=p.span, doc=p.doc)


def _temporal(p: s.Temporal) -> c.Temporal:
    env, parameters = _parameters(p.parameters)
    expressions = ExpressionLowering()
    return c.Temporal(
        name=p.name,
        kind=p.kind,
        parameters=tuple(c.Binder(var=v, domain=c.OverType(type=v.type)) for v in parameters),
        bodies=tuple(expressions.expr(body, env) for body in p.bodies),
        span=p.span,
        doc=p.doc,
    )


def _parameters(given: Sequence[s.Name]) -> tuple[dict[int, c.Expr], list[c.Var]]:
    """Parameters as variables, and the environment that they make."""
    found = [c.Var(name=p.name, type=p.type, span=p.span) for p in given]
    return {p.uid: var for p, var in zip(given, found, strict=True)}, found


def lower_expression(e: s.Expr, env: Env) -> c.Expr:
    """Translate an expression; `env` gives the names that are not bound inside it."""
    return ExpressionLowering().expr(e, env)


def lower_predicate(parameters: Sequence[s.Name], body: s.Expr) -> tuple[tuple[c.Var, ...], c.Expr]:
    """A predicate as an expression over its parameters."""
    env, found = _parameters(parameters)
    return tuple(found), lower_expression(body, env)


@dataclass
class _Action:
    """Collects the guards and effects of one action, each with the conditions it stands under."""

    variables: Sequence[Variable]
    expressions: ExpressionLowering = field(default_factory=ExpressionLowering)
    guards: list[c.Guard] = field(default_factory=list)
    effects: list[c.Effect] = field(default_factory=list)
    queues: dict[str, QueueEffects] = field(init=False)

    def __post_init__(self) -> None:
        fifos = (v for v in self.variables if fifo_of(v.type) is not None)
        self.queues = {v.name: QueueEffects(v) for v in fifos}

    def lowered(self, action: s.Action) -> c.Action:
        env, variables = _parameters(action.parameters)
        parameters = [c.Binder(var=v, domain=self._parameter_domain(v.type)) for v in variables]
        self._block(action.body, env, TRUE, ())
        return c.Action(
            name=action.name,
            parameters=tuple(parameters),
            guards=tuple(self.guards),
            effects=tuple(self.effects),
            fault=action.fault,
            span=action.span,
            fair=action.fair,
            fair_for=action.fair_for,
        )

    def _parameter_domain(self, t: Type) -> c.Domain:
        """A parameter of a message class ranges over the messages sent."""
        if isinstance(t, RecordType):
            for v in self.variables:
                if isinstance(v.type, MessagesType) and t.record in v.type.messages:
                    if v.name in self.queues:
                        return c.OverNext(variable=v.name, record=t.record)
                    return c.OverSent(variable=v.name, record=t.record)
        return c.OverType(type=t)

    def _block(
        self,
        body: Sequence[s.Statement],
        env: Env,
        outside: c.Expr,
        binders: tuple[c.Binder, ...],
    ) -> None:
        """Statements that run where `outside` holds, for all values of the binders."""
        for i, statement in enumerate(body):
            following = body[i : i + 1] if isinstance(statement, s.Require) else body[i:]
            defined = self._bound_names_defined(statement, following, env)
            when = conjunction([outside, *defined])
            match statement:
                case s.Require(condition=condition):
                    self._guard(statement, [*defined, self.expressions.expr(condition, env)])
                case s.If(test=test, then=then, orelse=orelse):
                    premise = self.expressions.expr(test, env)
                    yes = conjunction([when, premise])
                    no = conjunction([when, negation(premise)])
                    self._block(then, env, yes, binders)
                    self._block(orelse, env, no, binders)
                case s.For(generator=generator, body=inner):
                    over = (generator,)
                    new, conditions, inner_env = self.expressions.generators(over, env, (when,))
                    if defined:
                        new = (replace(new[0], when=when), *new[1:])
                    both = conjunction([when, *conditions])
                    self._block(inner, inner_env, both, (*binders, *new))
                case _:
                    self._effect(statement, env, when, binders)

    def _guard(self, statement: s.Require, conditions: Sequence[c.Expr]) -> None:
        condition = placed(conjunction(conditions), statement.span)
        self.guards.append(
            c.Guard(condition=condition, span=statement.span, delivery=statement.delivery)
        )

    def _effect(
        self, statement: s.Statement, env: Env, when: c.Expr, binders: tuple[c.Binder, ...]
    ) -> None:
        match statement:
            case s.Assign(variable=v, keys=keys, value=value):
                cell = v.type.value if isinstance(v.type, MapType) else v.type
                self.effects.append(
                    c.Write(
                        variable=v.name,
                        keys=self.expressions.keys(v, keys, env),
                        value=self.expressions.coerced(value, cell, env),
                        when=when,
                        binders=binders,
                        span=statement.span,
                    )
                )
            case s.Send(variable=v, message=message) if v.name in self.queues:
                sent = self.expressions.expr(message, env)
                write = self.queues[v.name].send(sent, Under(when, binders, statement.span))
                self.effects.append(write)
            case s.Receive(variable=v, message=message) if v.name in self.queues:
                taken = self.expressions.expr(message, env)
                write = self.queues[v.name].receive(taken, Under(when, binders, statement.span))
                self.effects.append(write)
            case s.Drop(variable=v, ends=(a, b), kept=kept):
                link = self.expressions.expr(a, env), self.expressions.expr(b, env)
                first = None if kept is None else self.expressions.expr(kept, env)
                under = Under(when, binders, statement.span)
                write = self.queues[v.name].drop(link, first, under)
                self.effects.append(write)
            case s.Send(variable=v, message=message) | s.Receive(variable=v, message=message):
                kind = c.Send if isinstance(statement, s.Send) else c.Receive
                self.effects.append(
                    kind(
                        variable=v.name,
                        message=self.expressions.expr(message, env),
                        when=when,
                        binders=binders,
                        span=statement.span,
                    )
                )
            case s.Crash(process=process):
                self._crash(statement, self.expressions.expr(process, env), when, binders)

    def _bound_names_defined(
        self, statement: s.Statement, following: Sequence[s.Statement], env: Env
    ) -> list[c.Expr]:
        """Conditions that the local names bound before a statement are defined, as `e == e`.

        CPython evaluates them even where nothing uses them. No condition is needed for what the
        guards, or the statements that follow, evaluate anyway: the step is undefined with them.
        """
        if not statement.bound:
            return []
        look = (
            ExpressionLowering().expr
        )  # its own numbers: those of the lowered action do not change
        sure = [x for g in self.guards for x in always_evaluated(g.condition)]
        sure += [
            x for y in following for e in evaluated_first(y) for x in always_evaluated(look(e, env))
        ]
        counted = (s.Length(of=e, type=NUMBER, span=e.span) for e in statement.bound)
        pairs = zip(statement.bound, counted, strict=True)
        values = [n if isinstance(e.type, s.ListType) else e for e, n in pairs]
        unsure = [
            e
            for e in values
            if any(may_be_undefined(x) and x not in sure for x in walk(look(e, env)))
        ]
        found = [self.expressions.expr(e, env) for e in unsure]
        return [c.Eq(left=e, right=e, type=c.BOOL, span=e.span) for e in found]

    def _crash(
        self,
        statement: s.Crash,
        process: c.Expr,
        when: c.Expr,
        binders: tuple[c.Binder, ...],
    ) -> None:
        """A crash resets every volatile map that is keyed first by the process."""
        for v in self.variables:
            if not (v.volatile and isinstance(v.type, MapType) and v.type.keys[0] == process.type):
                continue
            rest = [self.expressions.fresh("k", k, statement.span) for k in v.type.keys[1:]]
            over = tuple(c.Binder(var=k, domain=c.OverType(type=k.type)) for k in rest)
            self.effects.append(
                c.Write(
                    variable=v.name,
                    keys=(process, *rest),
                    value=constant(v.initial, v.type.value),
                    when=when,
                    binders=(*binders, *over),
                    span=statement.span,
                )
            )
