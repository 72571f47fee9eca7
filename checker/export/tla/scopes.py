"""Scopes: the names that are known at one place of a module, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .names import fresh
from .terms import Term


@dataclass(frozen=True)
class Scope:
    """The names that stand for something at one place of the module."""

    used: frozenset[str]
    bound: Mapping[int, Term] = field(default_factory=dict)
    locals: Mapping[object, str] = field(default_factory=dict)
    # TLC takes each disjunct of a guard as a step of its own, whatever the others say.
    guard: bool = False
    # What stands for a variable that is read: in an initial condition, its first value.
    read: Mapping[str, Term] = field(default_factory=dict)

    def bind(self, name: str, uid: int) -> tuple[str, Scope]:
        """A name for a bound variable, and the scope in which it is known."""
        text = fresh(name, self.used)
        bound = {**self.bound, uid: Term(text)}
        return text, replace(self, used=self.used | {text}, bound=bound)

    def reserve(self, name: str) -> tuple[str, Scope]:
        text = fresh(name, self.used)
        return text, replace(self, used=self.used | {text})

    def standing(self, uid: int, term: Term) -> Scope:
        """The scope in which a bound variable stands for a term."""
        return replace(self, bound={**self.bound, uid: term})

    def value(self) -> Scope:
        """The scope of what is looked at for its value alone."""
        return replace(self, guard=False)
