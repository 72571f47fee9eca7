"""Properties of runs, and the fairness they assume: the operators of temporal logic, by name.

Each decorates a predicate. Its parameters range over their types, and it must hold for every value
of them. The names are Manna and Pnueli's and Lamport's; the formula is in each docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .protocol import Mark, marker

F = TypeVar("F", bound=Callable[..., Any])

eventually: Callable[[F], F] = marker(
    Mark("eventually"), "◇P: on every fair run there is a state in which the predicate is true."
)

always_eventually: Callable[[F], F] = marker(
    Mark("always_eventually"), "□◇P: on every fair run the predicate is true again and again."
)

eventually_always: Callable[[F], F] = marker(
    Mark("eventually_always"), "◇□P: on every fair run the predicate is true from some state on."
)

leads_to: Callable[[F], F] = marker(
    Mark("leads_to"), "P ↝ Q, which is □(P → ◇Q): the method returns the pair `P, Q`."
)

step_property: Callable[[F], F] = marker(
    Mark("step_property"),
    "□[A]_vars: true of every step. The method takes `old`, the state before; `self` is after it.",
)
