"""`min` and `max` with `key=` under CPython: what the order of a set decides is undefined.

CPython takes the first of the elements with the extreme key. Sets have no order, so an action that
relied on it could do something else in another run. A method that uses `key=` gets these functions
in place of the built-in ones.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import CodeType
from typing import Any

from quorate.model.language.diagnostics import StepError


def _checked(name: str) -> Callable[..., Any]:
    extreme = getattr(builtins, name)

    def of_many(*args: Any, **given: Any) -> Any:
        key = given.get("key")
        if key is None or len(args) != 1:
            return extreme(*args, **given)
        elements = list(args[0])
        found = extreme(elements, **given)
        if any(x != found and key(x) == key(found) for x in elements):
            raise StepError(f"several values for the {name}, with equal keys")
        return found

    return of_many


CHECKED = {name: _checked(name) for name in ("min", "max")}


def uses_key(code: CodeType) -> bool:
    """Whether a function, or one inside it, calls `min` or `max`, and something with `key=`."""
    inside = list(_with_inner(code))
    named = any(isinstance(x, tuple) and "key" in x for c in inside for x in c.co_consts)
    return named and any(name in CHECKED for c in inside for name in c.co_names)


def _with_inner(code: CodeType) -> list[CodeType]:
    inner = [x for c in code.co_consts if isinstance(c, CodeType) for x in _with_inner(c)]
    return [code, *inner]
