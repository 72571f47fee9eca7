"""The operator that delays an effect: what a step writes is written by a later step.

A variable of the mutant's own says for which arguments the effect is pending; an action of its own
makes it. Only an effect that reads nothing but parameters is delayed: what it writes does not
depend on when. A crash of the process loses what is pending; without one the effect takes place
sooner or later (weak fairness), so that no property of runs fails because it never does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from quorate.model.language import Map, Message, Sort, action, require, volatile
from quorate.model.language.declare.types import SortType

from .edits import Edit, Later
from .operators import Method, effects

DELAY = "delay-effect"


def delay_effect(method: Method) -> Iterator[Edit]:
    """An effect takes place in a step of its own, after the rest of the action."""
    inputs = _inputs(method)
    bound = {n.id for n in method.walk(ast.Name) if isinstance(n.ctx, ast.Store)}
    for statement in effects(method):
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            read = _Inputs(method, inputs)
            moved = read.visit(ast.parse(method.source.of(statement)).body[0])
            if not read.others & (bound | inputs.keys()) and read.selves == 1:
                yield _delayed(method, statement, moved, read.used)


def _delayed(
    method: Method, statement: ast.Assign, moved: ast.stmt, used: Mapping[str, type]
) -> Edit:
    name = f"{method.node.name}_{_variable(statement.targets[0])}"
    parameters = {text.replace(".", "_"): t for text, t in used.items()}
    names = {f"Key{i}": t for i, t in enumerate(parameters.values())}
    pending, own = (f"self.{name}_pending{_keys(found)}" for found in (used, parameters))
    given = "".join(f", {p}: {key}" for p, key in zip(parameters, names, strict=True))
    source = (
        f"@action(fair='weak', fair_for={tuple(parameters)})\n"
        f"def {name}_later(self{given}) -> None:\n"
        f"    require({own})\n"
        f"    {ast.unparse(moved)}\n"
        f"    {own} = False\n"
    )
    values = Map[(*parameters.values(), bool)] if parameters else bool  # type: ignore[misc]
    later = Later(f"{name}_later", source, f"{name}_pending", values, volatile(False))
    known = {**names, "action": action, "require": require}
    return method.source.edit(DELAY, statement, f"{pending} = True", known, later)


def _keys(found: Mapping[str, type]) -> str:
    return f"[{', '.join(found)}]" if found else ""


def _variable(target: ast.expr) -> str:
    while isinstance(target, ast.Subscript):
        target = target.value
    assert isinstance(target, ast.Attribute)
    return target.attr


def _inputs(method: Method) -> dict[str, type]:
    """The parameters of a method by name, with what their annotations name."""
    found: dict[str, type] = {}
    for argument in method.node.args.args[1:]:
        t = argument.annotation
        named = method.scope.get(t.id) if isinstance(t, ast.Name) else None
        found[argument.arg] = named if isinstance(named, type) else object
    return found


class _Inputs(ast.NodeTransformer):
    """Finds the elements that a statement takes from parameters: `a`, or `m.b` of a message.

    The latter become names, `m_b`. What may be the bottom of its sort is none: no map has a key for
    that. `others` are the other names, `selves` counts uses of `self`.
    """

    def __init__(self, method: Method, inputs: Mapping[str, type]) -> None:
        self.method, self.inputs = method, inputs
        self.used: dict[str, type] = {}
        self.others = set[str]()
        self.selves = 0

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """A field of a message is an input."""
        match node:
            case ast.Attribute(value=ast.Name(name), attr=field) if name in self.inputs:
                if (sort := self._field(self.inputs[name], field)) is not None:
                    self.used[f"{name}.{field}"] = sort
                    return ast.Name(f"{name}_{field}", ast.Load())
        self.generic_visit(node)
        return node

    def _field(self, record: type, name: str) -> type | None:
        """The sort of a message's field, if that is always an element."""
        t = record.field_types().get(name) if issubclass(record, Message) else None
        if isinstance(t, SortType) and (t.bottom is None or (record, name) in self.method.proper):
            return t.sort
        return None

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A parameter of a sort is an input."""
        t = self.inputs.get(node.id, object)
        if issubclass(t, Sort) and (self.method.direct or getattr(t, "bottom", None) is None):
            self.used[node.id] = t
        elif node.id == "self":
            self.selves += 1
        else:
            self.others.add(node.id)
        return node
