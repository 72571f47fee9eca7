"""The operators: small changes of an action that stand for the mistakes that people make.

Each takes the syntax of a method and yields edits. Some make no protocol, such as `<=` between
values that have no order: whoever builds the mutants leaves those out.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quorate.model.language import Flexible, Message, QuorumSystem

from .edits import Edit, SourceText

NOTHING = "pass"
WEAKER = {ast.Lt: "<=", ast.Gt: ">=", ast.LtE: "<", ast.GtE: ">"}
FLIPPED = {ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.Gt: "<=", ast.LtE: ">", ast.GtE: "<"}
OPPOSITE = {"any": "all", "all": "any", "min": "max", "max": "min"}
SMALLER = "SmallerQuorum"


@dataclass(frozen=True)
class Method:
    """A method to change: its syntax, its file, and the names that its source can mention.

    `proper` are the fields of messages, by class and name, that are never the bottom of their sort.
    With `direct`, no parameter ever is.
    """

    node: ast.FunctionDef
    source: SourceText
    scope: Mapping[str, Any]
    proper: Collection[tuple[type, str]] = ()
    direct: bool = True

    def walk(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """The nodes of some kinds in the body, in the order of the source."""
        found = [n for s in self.node.body for n in ast.walk(s) if isinstance(n, kinds)]
        yield from sorted(found, key=lambda n: (n.lineno, n.col_offset))  # type: ignore[attr-defined]


Operator = Callable[[Method], Iterator[Edit]]


def drop_guard(method: Method) -> Iterator[Edit]:
    """A `require` is forgotten, or one of the conditions that it joins by `and`."""
    for call in _calls(method, "require"):
        yield method.source.edit("drop-guard", call, NOTHING)
        for node in ast.walk(call):
            if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
                yield from _without_each(method, "drop-guard", node)


def drop_filter(method: Method) -> Iterator[Edit]:
    """A comprehension forgets a condition: messages that it should ignore count, too."""
    for generator in _generators(method):
        for test in generator.ifs:
            if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
                yield from _without_each(method, "drop-filter", test)
            else:
                yield method.source.edit("drop-filter", test, "True")


def drop_effect(method: Method) -> Iterator[Edit]:
    """A variable is not written, or a message is not sent."""
    for statement in effects(method):
        yield method.source.edit("drop-effect", statement, NOTHING)


def shift_comparison(method: Method) -> Iterator[Edit]:
    """A bound is off by one: `<` instead of `<=`, or the other way round."""
    for left, op, right in _comparisons(method):
        if (other := WEAKER.get(type(op))) is not None:
            yield _compared(method, "shift-comparison", left, other, right)


def flip_comparison(method: Method) -> Iterator[Edit]:
    """A comparison is the wrong way round."""
    for left, op, right in _comparisons(method):
        if (other := FLIPPED.get(type(op))) is not None:
            yield _compared(method, "flip-comparison", left, other, right)


def accept_stale(method: Method) -> Iterator[Edit]:
    """What must be of this ballot, term or round may be of an earlier one, or of a later one."""
    for left, op, right in _comparisons(method):
        if isinstance(op, ast.Eq):
            for other in ("<=", ">="):
                yield _compared(method, "accept-stale", left, other, right)
    for compare in method.walk(ast.Compare):
        yield from _older_message(method, compare)


def swap_quantifier(method: Method) -> Iterator[Edit]:
    """`any` instead of `all`, `min` instead of `max`, or the other way round."""
    for call in method.walk(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id in OPPOSITE:
            yield method.source.edit("swap-quantifier", call.func, OPPOSITE[call.func.id])


def negate_branch(method: Method) -> Iterator[Edit]:
    """The two cases of an `if` are exchanged."""
    for node in method.walk(ast.If, ast.IfExp):
        test = method.source.of(node.test)
        yield method.source.edit("negate-branch", node.test, f"not ({test})")


def shift_number(method: Method) -> Iterator[Edit]:
    """A number that is counted up or down stays as it is."""
    for node in method.walk(ast.BinOp):
        if isinstance(node.op, (ast.Add, ast.Sub)) and isinstance(node.right, ast.Constant):
            yield method.source.edit("shift-number", node, method.source.of(node.left))


def shrink_quorum(method: Method) -> Iterator[Edit]:
    """A quorum needs one member less."""
    spots = [a.annotation for a in method.node.args.args if a.annotation is not None]
    spots += [generator.iter for generator in _generators(method)]
    for spot in spots:
        system = method.scope.get(spot.id) if isinstance(spot, ast.Name) else None
        if isinstance(system, type) and issubclass(system, QuorumSystem):
            least = getattr(system, "least", None)
            if least is not None:
                yield method.source.edit(
                    "shrink-quorum", spot, SMALLER, {SMALLER: _smaller(system, least)}
                )


OPERATORS: dict[str, Operator] = {
    "drop-guard": drop_guard,
    "drop-filter": drop_filter,
    "drop-effect": drop_effect,
    "shift-comparison": shift_comparison,
    "flip-comparison": flip_comparison,
    "accept-stale": accept_stale,
    "swap-quantifier": swap_quantifier,
    "negate-branch": negate_branch,
    "shift-number": shift_number,
    "shrink-quorum": shrink_quorum,
}


def _calls(method: Method, name: str) -> Iterator[ast.Call]:
    for call in method.walk(ast.Call):
        if isinstance(call.func, ast.Name) and call.func.id == name:
            yield call


def _generators(method: Method) -> Iterator[ast.comprehension]:
    for node in method.walk(ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp):
        yield from node.generators


def _comparisons(method: Method) -> Iterator[tuple[ast.expr, ast.cmpop, ast.expr]]:
    for node in method.walk(ast.Compare):
        lefts = [node.left, *node.comparators]
        yield from zip(lefts, node.ops, node.comparators, strict=False)


def _compared(method: Method, operator: str, left: ast.expr, op: str, right: ast.expr) -> Edit:
    """The edit of the comparison of two neighbours, which may be part of a chain."""
    both = ast.copy_location(ast.Compare(left, [], []), left)
    both.end_lineno, both.end_col_offset = right.end_lineno, right.end_col_offset
    source = method.source
    return source.edit(operator, both, f"{source.of(left)} {op} {source.of(right)}")


def _without_each(method: Method, operator: str, node: ast.BoolOp) -> Iterator[Edit]:
    for value in node.values:
        yield method.source.edit(operator, value, "True")


def effects(method: Method) -> Iterator[ast.stmt]:
    """Assignments to variables, and calls of a variable's or of the protocol's methods."""
    for node in method.walk(ast.Assign, ast.AugAssign, ast.Expr):
        if isinstance(node, ast.Expr):
            call = node.value
            if isinstance(call, ast.Call) and _of_self(call.func):
                yield node
        elif any(_of_self(t) for t in getattr(node, "targets", None) or [node.target]):
            yield node


def _of_self(node: ast.expr) -> bool:
    """Whether a target or function begins with `self.`."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return isinstance(node, ast.Name) and node.id == "self"


def _older_message(method: Method, compare: ast.Compare) -> Iterator[Edit]:
    """`Accept(b, v) in self.sent` with one field that may be smaller or greater."""
    match compare:
        case ast.Compare(ast.Call(ast.Name(name), args, []), [ast.In()], [variable]):
            record = method.scope.get(name)
        case _:
            return
    if not (isinstance(record, type) and issubclass(record, Message)):
        return
    source, fields = method.source, list(record.field_types())
    if len(fields) != len(args):
        return
    held = source.of(variable)
    for loose in fields:
        for op in ("<=", ">="):
            tests = " and ".join(
                f"other.{f} {op if f == loose else '=='} ({source.of(a)})"
                for f, a in zip(fields, args, strict=True)
            )
            after = f"any({tests} for other in {held}[{name}])"
            yield source.edit("accept-stale", compare, after)


def _smaller(system: type[QuorumSystem[Any]], least: Callable[[int], int]) -> type:
    """The system whose quorums have one member less, but at least one."""
    parent: Any = Flexible[system.of]  # type: ignore[name-defined]
    body = {"__module__": system.__module__}
    return types.new_class(
        SMALLER,
        (parent,),
        {"size": lambda n: max(1, least(n) - 1)},
        lambda namespace: namespace.update(body),
    )
