"""`match` statements as `if` statements: the tests that their patterns stand for."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .reader import BaseReader
from .wording import code


def as_if(reader: BaseReader, node: ast.Match) -> ast.If:
    """The same choice by tests, one after the other. The subject is a value, so it stays one."""
    found = _chosen(reader, node.subject, node.cases)
    if isinstance(found[0], ast.If) and len(found) == 1:
        return found[0]
    always = ast.copy_location(ast.Constant(True), node.cases[0].pattern)
    return ast.copy_location(ast.If(test=always, body=found, orelse=[]), node)


def _chosen(
    reader: BaseReader, subject: ast.expr, cases: Sequence[ast.match_case]
) -> list[ast.stmt]:
    if not cases:
        return []
    first, *rest = cases
    test = _test(reader, subject, first.pattern)
    if first.guard is not None and test is not None:
        both = ast.BoolOp(op=ast.And(), values=[test, first.guard])
        test = ast.copy_location(both, first.guard)
    test = test or first.guard
    if test is None:
        return first.body  # Python refuses cases after one that always matches
    orelse = _chosen(reader, subject, rest)
    return [ast.copy_location(ast.If(test=test, body=first.body, orelse=orelse), first.pattern)]


def _test(reader: BaseReader, subject: ast.expr, pattern: ast.pattern) -> ast.expr | None:
    """The test that a pattern stands for; None if it always matches."""
    found: ast.expr
    match pattern:
        case ast.MatchAs(pattern=None, name=None):
            return None
        case ast.MatchClass(cls=cls, patterns=[], kwd_patterns=[]):
            name = ast.Name(id="isinstance", ctx=ast.Load())
            found = ast.Call(func=name, args=[subject, cls], keywords=[])
        case ast.MatchSingleton(value=None):
            none = ast.Constant(None)
            found = ast.Compare(left=subject, ops=[ast.Is()], comparators=[none])
        case ast.MatchValue(value=value):
            found = ast.Compare(left=subject, ops=[ast.Eq()], comparators=[value])
        case ast.MatchOr(patterns=patterns):
            tests = [_test(reader, subject, x) for x in patterns]
            if None in tests:
                return None
            found = ast.BoolOp(op=ast.Or(), values=[x for x in tests if x is not None])
        case _:
            reader.fail(
                "bad-pattern",
                "a pattern asks for a type, a constant or None",
                pattern,
                "binds names or looks inside",
                f"write `case Sort():`, and read the parts of `{code(subject)}` in its block",
            )
    ast.copy_location(found, pattern)
    return ast.fix_missing_locations(found)
