"""`self.r[x].n = e` under CPython: records are values, so the record is replaced by a changed one.

An action that does so is compiled again, from its own source: each such statement becomes
`self.r[x] = self.r[x]._changed(n=e)`. Lines and columns stay those of the source. So is a method
that calls `min` or `max` with `key=`, which are those of `extremes` then.
"""

from __future__ import annotations

import ast
import dis
import inspect
from itertools import pairwise
from types import CellType, CodeType, FunctionType
from typing import Any

from .extremes import CHECKED, uses_key

STORE_ATTR = dis.opmap["STORE_ATTR"]


def with_part_updates(function: Any) -> Any:
    """The function, compiled again if it assigns to a part of a value, or compares by keys."""
    code: CodeType = function.__code__
    given = CHECKED if uses_key(code) and not CHECKED.keys() & function.__globals__.keys() else {}
    if not (given or _stores_parts(code)):
        return function
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return function  # reported when its source is read
    # `if True:` keeps the columns of a method; the names from around it are parameters of `outer`.
    # Nothing of `outer` is run, so the decorators stay: the code begins at the line of the first.
    tree = ast.parse("if True:\n" + source if source[:1].isspace() else "\n" + source)
    ast.increment_lineno(tree, code.co_firstlineno - 2)
    node = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    outer = ast.parse(f"def outer({', '.join(dict.fromkeys([*code.co_freevars, *given]))}): pass")
    parts = _Parts()
    outer.body[0].body = [parts.visit(node)]  # type: ignore[attr-defined]
    if not (given or parts.found):
        return function
    compiled = compile(
        ast.fix_missing_locations(outer), code.co_filename, "exec", dont_inherit=True
    )
    new = _inner(_inner(compiled, "outer"), function.__name__)
    cells = {name: CellType(value) for name, value in given.items()}
    cells |= zip(code.co_freevars, function.__closure__ or (), strict=True)
    closure = tuple(cells[name] for name in new.co_freevars)
    new = new.replace(co_qualname=code.co_qualname)
    found = FunctionType(new, function.__globals__, function.__name__, None, closure)
    # From Python 3.14 on, annotations are evaluated when they are asked for.
    annotations = "__annotate__" if hasattr(function, "__annotate__") else "__annotations__"
    for name in ("__qualname__", "__module__", "__doc__", annotations, "__defaults__"):
        setattr(found, name, getattr(function, name))
    return found


def _stores_parts(code: CodeType) -> bool:
    """Whether an attribute of something other than `self` may be assigned.

    `self` is loaded right before, by one of several instructions: it is in a cell if a generator
    reads it, and from Python 3.13 on one instruction may load two names.
    """
    if STORE_ATTR not in code.co_code[::2]:
        return False  # as mostly: reading all instructions takes longer
    instructions = list(dis.get_instructions(code))
    for before, store in pairwise(instructions):
        if store.opname == "STORE_ATTR":
            loads_name = before.opname.startswith(("LOAD_FAST", "LOAD_DEREF"))
            names = before.argval if isinstance(before.argval, tuple) else (before.argval,)
            if not loads_name or names[-1] != code.co_varnames[0]:
                return True
    return False


def _inner(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)


class _Parts(ast.NodeTransformer):
    """Writes the assignments to a part as assignments of a whole changed value."""

    found = False

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign | ast.Assign:
        if not isinstance(node.target, ast.Attribute) or isinstance(node.target.value, ast.Name):
            return node
        new = ast.BinOp(_loaded(node.target), node.op, node.value)
        found = ast.Assign([node.target], ast.copy_location(new, node))
        return self.visit_Assign(ast.copy_location(found, node))

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        target, value = node.targets[0], node.value
        while isinstance(target, ast.Attribute) and not isinstance(target.value, ast.Name):
            changed = ast.Attribute(_loaded(target.value), "_changed", ast.Load())
            value = ast.Call(changed, [], [ast.keyword(target.attr, value)])
            target = target.value
        if target is node.targets[0]:
            return node
        self.found = True
        target.ctx = ast.Store()  # type: ignore[attr-defined]
        found = ast.Assign([target], ast.copy_location(value, node.value))
        return ast.fix_missing_locations(ast.copy_location(found, node))


def _loaded(node: ast.expr) -> ast.expr:
    found: ast.expr = ast.parse(ast.unparse(node), mode="eval").body
    for part in ast.walk(found):
        if isinstance(part, ast.expr):
            ast.copy_location(part, node)
    return found
