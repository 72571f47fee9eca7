"""Formulas as clauses for a SAT solver, over numbered variables.

Plaisted and Greenbaum: A Structure-preserving Clause Form Translation (1986): a connective is
defined in the directions that its polarity needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import z3

from quorate.checker.smt.formulas import Formula, Variable, id_of, kind_of, parts_of, term

# Clauses in a row, each ended by a 0; a literal is plus or minus the number of a variable.
Flat = npt.NDArray[np.int32]

AND, OR, NOT, ITE, EQ = z3.Z3_OP_AND, z3.Z3_OP_OR, z3.Z3_OP_NOT, z3.Z3_OP_ITE, z3.Z3_OP_EQ
TRUE, FALSE = z3.Z3_OP_TRUE, z3.Z3_OP_FALSE

Raw = Any  # a raw Z3 term: wrapping it in Python would take most of the time


class Clauses:
    """Clauses over numbered variables. Those given are 1, 2, ...; others are numbered here."""

    def __init__(self, variables: Sequence[Variable], context: z3.Context) -> None:
        self._context, self._ref = context, context.ref()
        self._numbers = {v.get_id(): n for n, v in enumerate(variables, start=1)}
        self.variables = len(variables)
        self._kept: list[Formula] = list(
            variables
        )  # kept alive, so that Z3 does not use the id of a term again
        self._defined: set[tuple[int, bool]] = set()
        self._waiting: list[tuple[Raw, int, int, bool]] = []
        self._flat: list[int] = []

    def __len__(self) -> int:
        """The length of all clauses, with their final zeros."""
        return len(self._flat)

    def flat(self) -> Flat:
        """The clauses."""
        return np.array(self._flat, dtype=np.int32)

    def fresh(self) -> int:
        """A new variable."""
        self.variables += 1
        return self.variables

    def add(self, p: Formula) -> None:
        """Require a formula."""
        stack = [self._raw(p)]
        while stack:
            q = stack.pop()
            kind = kind_of(self._ref, q)
            if kind == AND:
                stack += parts_of(self._ref, q)
            elif kind == OR:
                self._clause([self._literal(a, True) for a in parts_of(self._ref, q)])
            elif kind != TRUE:
                self._clause([self._literal(q, True)])
        self._define()

    def equivalent(self, p: Formula) -> int:
        """A literal that is equivalent to the formula."""
        found = self._both(self._raw(p))
        self._define()
        return found

    def literal(self, p: Formula) -> int:
        """A literal that implies the formula; the converse need not hold."""
        found = self._literal(self._raw(p), True)
        self._define()
        return found

    def _raw(self, p: Formula) -> Raw:
        self._kept.append(term(p, self._context))
        return self._kept[-1].as_ast()

    def _clause(self, literals: list[int]) -> None:
        self._flat += literals
        self._flat.append(0)

    def _literal(self, p: Raw, positive: bool) -> int:
        sign, kind = 1, kind_of(self._ref, p)
        while kind == NOT:
            (p,) = parts_of(self._ref, p)
            sign, positive, kind = -sign, not positive, kind_of(self._ref, p)
        key = id_of(self._ref, p)
        number = self._numbers.get(key)
        if number is None:
            self.variables += 1
            number = self._numbers[key] = self.variables
        if kind in (AND, OR, ITE, EQ, TRUE, FALSE) and (key, positive) not in self._defined:
            self._defined.add((key, positive))
            self._waiting.append((p, kind, number, positive))
        return sign * number

    def _both(self, p: Raw) -> int:
        self._literal(p, False)
        return self._literal(p, True)

    def _define(self) -> None:
        """Define the connectives that were used and are not defined yet."""
        while self._waiting:
            p, kind, number, positive = self._waiting.pop()
            for literals in self._meaning(p, kind, number if positive else -number, positive):
                self._clause(literals)

    def _meaning(self, p: Raw, kind: int, x: int, positive: bool) -> Iterator[list[int]]:
        """Clauses by which `x` implies the formula, or its negation, that it stands for."""
        parts, sign = parts_of(self._ref, p), 1 if positive else -1
        if kind in (AND, OR):
            literals = [sign * self._literal(a, positive) for a in parts]
            if (kind == AND) is positive:
                yield from ([-x, literal] for literal in literals)
            else:
                yield [-x, *literals]
        elif kind == ITE:
            test = self._both(parts[0])
            yes, no = (sign * self._literal(a, positive) for a in parts[1:])
            yield from ([-x, -test, yes], [-x, test, no], [-x, yes, no])
        elif kind == EQ:
            left, right = self._both(parts[0]), sign * self._both(parts[1])
            yield from ([-x, -left, right], [-x, left, -right])
        elif (kind == TRUE) is not positive:
            yield [-x]
