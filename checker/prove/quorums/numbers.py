"""Functions of a number as linear arithmetic: `lambda n: n - n // 3` for every n at once.

The function is run on a symbolic number: arithmetic makes terms, and each test of a term splits the
run in two (symbolic execution). The result is compared with the function at small numbers, so that
functions that depend on more than the value of their argument are noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import z3

from quorate.model.language.declare.protocol import LARGEST_SIZE

MOST_RUNS = 64
MOST_TESTS = 64


class NotLinear(Exception):
    """A function that is not linear arithmetic; it can still be evaluated at each number."""


@dataclass(frozen=True)
class Case:
    """The value of a function under these conditions on its argument."""

    conditions: tuple[Any, ...]
    value: Any


def cases(function: Callable[[int], int], n: Any) -> list[Case]:
    """The value of a function at the term `n`, by exhaustive cases. Raises NotLinear."""
    x = z3.Int("any number", n.ctx)
    found = _runs(function, x)
    for k in range(1, LARGEST_SIZE + 1):
        _compare(function, found, x, k)
    at_n = [(x, n)]
    return [
        Case(
            tuple(z3.substitute(c, *at_n) for c in case.conditions),
            z3.substitute(case.value, *at_n),
        )
        for case in found
    ]


def _runs(function: Callable[[int], int], x: Any) -> list[Case]:
    found: list[Case] = []
    script: list[bool] = []
    while len(found) < MOST_RUNS:
        run = _Run(script)
        try:
            value = function(_Number(run, x))  # type: ignore[arg-type]
        except NotLinear:
            raise
        except Exception as error:
            raise NotLinear(str(error)) from error
        term = value.term if isinstance(value, _Number) else value
        if isinstance(term, int) and not isinstance(term, bool):
            term = z3.IntVal(term, x.ctx)
        if not z3.is_int(term):
            raise NotLinear(f"{value!r} is no whole number")
        found.append(Case(tuple(run.conditions), term))
        script = run.decisions
        while script and not script[-1]:
            script.pop()
        if not script:
            return found
        script[-1] = False
    raise NotLinear(f"more than {MOST_RUNS} cases")


def _compare(function: Callable[[int], int], found: list[Case], x: Any, k: int) -> None:
    try:
        wanted = function(k)
    except Exception as error:
        raise NotLinear(str(error)) from error
    here = [(x, z3.IntVal(k, x.ctx))]

    def true(condition: Any) -> bool:
        return bool(z3.is_true(z3.simplify(z3.substitute(condition, *here))))

    (case,) = [c for c in found if all(map(true, c.conditions))]
    if z3.simplify(z3.substitute(case.value, *here)).as_long() != wanted:
        raise NotLinear(f"says something else of {k} than of any number")


@dataclass
class _Run:
    """One run: how each test came out, the first ones as the script says."""

    script: list[bool]
    decisions: list[bool] = field(default_factory=list)
    conditions: list[Any] = field(default_factory=list)

    def test(self, condition: Any) -> bool:
        i = len(self.decisions)
        if i >= MOST_TESTS:
            raise NotLinear(f"more than {MOST_TESTS} tests")
        decision = self.script[i] if i < len(self.script) else True
        self.decisions.append(decision)
        self.conditions.append(condition if decision else z3.Not(condition))
        return decision


class _Test:
    def __init__(self, run: _Run, condition: Any) -> None:
        self.run, self.condition = run, condition

    def __bool__(self) -> bool:
        return self.run.test(self.condition)


def _whole(value: Any) -> Any:
    if isinstance(value, _Number):
        return value.term
    if isinstance(value, int):
        return int(value)
    raise NotLinear(f"{value!r} is no whole number")


class _Number:
    """A symbolic whole number."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, run: _Run, term: Any) -> None:
        self.run, self.term = run, term

    def _made(self, term: Any) -> _Number:
        return _Number(self.run, term)

    def __add__(self, other: Any) -> _Number:
        return self._made(self.term + _whole(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> _Number:
        return self._made(self.term - _whole(other))

    def __rsub__(self, other: Any) -> _Number:
        return self._made(_whole(other) - self.term)

    def __mul__(self, other: Any) -> _Number:
        if not isinstance(other, int):
            raise NotLinear("a product of two numbers that depend on the size")
        return self._made(self.term * _whole(other))

    __rmul__ = __mul__

    def __neg__(self) -> _Number:
        return self._made(-self.term)

    def __floordiv__(self, other: Any) -> _Number:
        return self._made(self.term / _divisor(other))

    def __mod__(self, other: Any) -> _Number:
        return self._made(self.term % _divisor(other))

    def __truediv__(self, other: Any) -> _Ratio:
        return _Ratio(self, _divisor(other))

    def __lt__(self, other: Any) -> _Test:
        return _Test(self.run, self.term < _whole(other))

    def __le__(self, other: Any) -> _Test:
        return _Test(self.run, self.term <= _whole(other))

    def __gt__(self, other: Any) -> _Test:
        return _Test(self.run, self.term > _whole(other))

    def __ge__(self, other: Any) -> _Test:
        return _Test(self.run, self.term >= _whole(other))

    def __eq__(self, other: Any) -> _Test:  # type: ignore[override]
        return _Test(self.run, self.term == _whole(other))

    def __ne__(self, other: Any) -> _Test:  # type: ignore[override]
        return _Test(self.run, self.term != _whole(other))

    def __bool__(self) -> bool:
        return self.run.test(self.term != 0)


def _divisor(other: Any) -> int:
    if not isinstance(other, int) or other < 1:
        raise NotLinear("a division by something other than a number from 1 up")
    return int(other)


@dataclass(frozen=True)
class _Ratio:
    """A ratio such as `n / 2`, to be rounded by math.ceil or math.floor."""

    above: _Number
    below: int

    def __ceil__(self) -> _Number:
        return -(-self.above // self.below)

    def __floor__(self) -> _Number:
        return self.above // self.below
