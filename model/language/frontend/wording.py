"""Code as messages show it: on one line, as an author would write it."""

from __future__ import annotations

import ast

ALLOWED_STATEMENTS = (
    "allowed here: require(...), self.x[i] = e, self.sent.add(Message(...)), name = e, "
    "if/elif/else, for x in Sort"
)
_OPPOSITE: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Lt: ast.GtE(),
    ast.GtE: ast.Lt(),
    ast.Gt: ast.LtE(),
    ast.LtE: ast.Gt(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
}


def code(node: ast.AST) -> str:
    """The source of a syntax node, without the parentheses that `ast.unparse` doubles."""
    text = ast.unparse(node)
    start = 0
    while (start := text.find("((", start)) >= 0:
        end = _closing(text, start + 1)
        inner = text[start + 2 : end]
        if text[end + 1 : end + 2] == ")" and _is_generator(inner):
            text = text[: start + 1] + inner + text[end + 1 :]
        start += 1
    return text


def listed(nodes: list[ast.expr]) -> str:
    """Several expressions, separated by commas."""
    return ", ".join(map(code, nodes))


def negated(node: ast.expr) -> ast.expr:
    """The opposite of a condition, without a double `not`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        op = _OPPOSITE[type(node.ops[0])]
        return ast.Compare(left=node.left, ops=[op], comparators=node.comparators)
    return ast.UnaryOp(op=ast.Not(), operand=node)


def joined(word: str, parts: list[ast.expr]) -> str:
    """Conditions joined by `and` or `or`, with parentheses where they are needed."""
    op = ast.And() if word == "and" else ast.Or()
    return code(ast.BoolOp(op=op, values=parts))


def _closing(text: str, start: int) -> int:
    """Where the parenthesis at `start` is closed."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


def _is_generator(inner: str) -> bool:
    depth = 0
    for i, letter in enumerate(inner):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
        if depth == 0 and inner.startswith(" for ", i):
            return True
    return False
