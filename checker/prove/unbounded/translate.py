"""From the core IR to formulas over one state, for any number of elements."""

from __future__ import annotations

from collections.abc import Callable

from quorate.model.language.declare.types import (
    BoolType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.ir import core as c

from .binding import comprehended, quantified
from .extremes import ATOMS, without_extremes
from .logic import (
    Atom,
    Cases,
    Formula,
    Term,
    conj,
    disj,
    equal,
    every,
    iff,
    implies,
    lifted,
    neg,
    single,
    some,
)
from .signature import UnsupportedError
from .states import Env, Set
from .terms import TermTranslator, unsupported
from .values import (
    MessageValue,
    SequenceValue,
    Value,
    below,
    is_compound,
    same,
)


class FirstOrderTranslator(TermTranslator):
    """Reads expressions in one state. Raises UnsupportedError."""

    # ------------------------------------------------------------ conditions

    def formula(self, e: c.Expr, env: Env) -> Formula:
        """A condition."""
        if isinstance(e, ATOMS) and (plain := without_extremes(e)) is not e:
            return self.formula(plain, env)
        match e:
            case c.Lit(value=value):
                return bool(value)
            case c.Not(arg=arg):
                return neg(self.formula(arg, env))
            case c.And(args=args):
                return conj(self.formula(x, env) for x in args)
            case c.Or(args=args):
                return disj(self.formula(x, env) for x in args)
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                yes, no = self.formula(then, env), self.formula(orelse, env)
                return disj([conj([p, yes]), conj([neg(p), no])])
            case c.Eq(left=left, right=right):
                return self._equal(left, right, env)
            case c.LessEq(left=left, right=right):
                return self._less_equal(left, right, env)
            case c.Less(left=left, right=right):
                return self._less(left, right, env)
            case c.Member(item=item, of=of) if isinstance(of.type, SeqType):
                return self._is_item(item, of, env)
            case c.Member(item=item, of=c.MakeSet(items=items)) if is_compound(item.type):
                return disj(self._equal(item, x, env) for x in items)
            case c.Member(item=item, of=of):
                return lifted(self.members(of, env), self.term(item, env))
            case c.Subset(left=left, right=right):
                return self._subset(left, right, env)
            case c.Sent(message=message):
                return self._sent(message, env)
            case c.Quant(forall=forall, binders=binders, body=body):
                return quantified(self, forall, binders, body, env)
        if e.type == BoolType() and isinstance(e, HOLDING):
            return lifted(Atom, self.term(e, env))
        raise unsupported(e)

    def _equal(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        t = left.type
        if isinstance(t, BoolType):
            return iff(self.formula(left, env), self.formula(right, env))
        if isinstance(t, SetType):
            one, other = self.members(left, env), self.members(right, env)
            return self._all_elements(t.element, lambda x: iff(one(x), other(x)))
        if isinstance(t, RecordType):
            relation = self.signature.relations.get(t.record)
            if relation is not None and relation.wide:
                raise UnsupportedError("comparing messages that hold maps", left.span)
        return same(self.value(left, env), self.value(right, env), self.signature.fresh_number)

    def _is_item(self, item: c.Expr, of: c.Expr, env: Env) -> Formula:
        wanted, sequence = self.value(item, env), self.sequence(of, env)
        at = self.signature.fresh_number("at")
        here = same(sequence.item(at), wanted, self.signature.fresh_number)
        return some([at], conj([below(at, sequence.length), here]))

    def _less_equal(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        return self._at_most(self.value(left, env), self.value(right, env), left.type)

    def _at_most(self, one: Value, other: Value, t: Type) -> Formula:
        """That a value is not above another; of records, the first field that differs decides."""
        if not isinstance(one, MessageValue):
            return lifted(lambda x, y: self.signature.less_equal(x, y, t), one, other)  # type: ignore[arg-type]
        found: Formula = True
        for name, of in reversed(t.fields.items()):  # type: ignore[attr-defined]
            x, y = one.fields[name], other.fields[name]  # type: ignore[union-attr]
            beyond = neg(self._at_most(y, x, of))
            found = conj([self._at_most(x, y, of), disj([beyond, found])])
        return found

    def _less(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        some_set = isinstance(right, c.Len) and not isinstance(right.of.type, SeqType)
        if isinstance(right, c.Len) and some_set and left == c.Lit(value=0, type=left.type):
            return neg(self._is_empty(right.of, env))  # `if some_set:`
        return neg(self._less_equal(right, left, env))

    def _is_empty(self, of: c.Expr, env: Env) -> Formula:
        if not isinstance(of.type, (SetType, QuorumType)):
            raise unsupported(of)
        inside = self.members(of, env)
        return self._all_elements(element_of(of.type), lambda x: neg(inside(x)))

    def _subset(self, left: c.Expr, right: c.Expr, env: Env) -> Formula:
        one, other = self.members(left, env), self.members(right, env)
        return self._all_elements(element_of(left.type), lambda x: implies(one(x), other(x)))

    def _all_elements(self, t: Type, says: Callable[[Term], Formula]) -> Formula:
        if (values := self.signature.values(t)) is not None:
            return conj(map(says, values))
        x = self.signature.fresh("x", self.signature.sort(t))
        return every([x], says(x))

    def _sent(self, message: c.Expr, env: Env) -> Formula:
        if isinstance(message, c.Ite):
            test = self.formula(message.test, env)
            then, orelse = self._sent(message.then, env), self._sent(message.orelse, env)
            return disj([conj([test, then]), conj([neg(test), orelse])])
        v, record = self.signature, message.type.record  # type: ignore[attr-defined]
        relation = v.relations[record]
        if relation.wide:
            raise UnsupportedError("asking for one message that holds maps", message.span)
        columns = v.columns(relation, self.message(message, env).fields)
        row: list[Cases] = []
        made, equations = [], []
        for n, t in relation.columns:
            given = columns[n]
            if isinstance(given, SequenceValue):
                x = v.fresh(n, v.sort(t))
                made.append(x)
                equations.append(same(given, v.column(x, t), v.fresh_number))
                given = single(x)
            row.append(given)  # type: ignore[arg-type]
        sent = lifted(lambda *xs: self.state.sent(record, xs), *row)
        return some(made, conj([sent, *equations]))

    # ------------------------------------------------------------ sets

    def members(self, e: c.Expr, env: Env) -> Set:
        """A set or a quorum, as what its members are."""
        if isinstance(e.type, QuorumType):
            quorum, system = self.term(e, env), e.type.system
            is_member = self.signature.is_member
            return lambda x: lifted(lambda q: is_member(x, q, system), quorum)
        match e:
            case c.Var(name=name):
                return env[name]  # type: ignore[no-any-return]
            case c.Read(variable=variable, keys=keys):
                self.signature.sort(e.type.element, e.span)  # type: ignore[attr-defined]
                parts = [self.term(k, env) for k in keys]
                return lambda x: lifted(lambda *row: self.state.contains(variable, row, x), *parts)
            case c.MakeSet(items=items):
                terms = [self.term(i, env) for i in items]
                return lambda x: disj(lifted(equal, single(x), t) for t in terms)
            case c.SetOp(op=op, left=left, right=right):
                return self._set_operation(op, self.members(left, env), self.members(right, env))
            case c.SetComp():
                return comprehended(self, e, env)
            case c.Ite(test=test, then=then, orelse=orelse):
                p = self.formula(test, env)
                yes, no = self.members(then, env), self.members(orelse, env)
                return lambda x: disj([conj([p, yes(x)]), conj([neg(p), no(x)])])
        raise unsupported(e)

    def _set_operation(self, op: str, left: Set, right: Set) -> Set:
        if op == "|":
            return lambda x: disj([left(x), right(x)])
        if op == "&":
            return lambda x: conj([left(x), right(x)])
        return lambda x: conj([left(x), neg(right(x))])


def element_of(t: Type) -> Type:
    """What the members of a set or quorum are."""
    if isinstance(t, QuorumType):
        return SortType(t.system.of)
    assert isinstance(t, SetType), t
    return t.element


HOLDING = (c.Var, c.Read, c.Unwrap, c.Field, c.At)  # what may hold a truth value
