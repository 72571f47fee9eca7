"""What a project says of itself: default sizes and fault budgets, and its list of checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ListedRefinement:
    """That a protocol refines another one; with a mapping of one's own, `path.py:function`."""

    abstract: str | None
    mapping: str | None
    prove: bool


@dataclass(frozen=True)
class ListedConformance:
    """That an implementation conforms; without an adapter, a variant of the bundled one."""

    adapter: str | None
    variant: str | None
    seconds: float
    seed: int
    hidden: int
    accept: str | None
    step_timeout: float | None


@dataclass(frozen=True)
class ListedCheck:
    """One check of the list: a protocol at given sizes, and what is expected of it.

    `holds` are the properties that must hold: by default all but those of `violated`. These must be
    violated, and where a number is given the shortest run to it must have so many steps. Both may
    name DEADLOCK. `deadlock` says whether deadlocks are looked for; None where the list does not.
    `reached` are the goals that some state must reach. Files are relative to the folder of the
    list.
    """

    name: str
    protocol: str
    line: int | None
    """Where it is in the list."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)
    holds: tuple[str, ...] | None = None
    violated: Mapping[str, int | None] = field(default_factory=dict)
    reached: tuple[str, ...] = ()
    deadlock: bool | None = None
    symmetry: bool = False
    por: bool = False
    threads: int = 1
    limit: int | None = None
    strict: bool = False
    prove: bool = False
    refine: ListedRefinement | None = None
    conform: ListedConformance | None = None


@dataclass(frozen=True)
class Project:
    """The settings of a project; `file` is None where it has none."""

    file: Path | None = None
    sizes: Mapping[str, int] = field(default_factory=dict, repr=False)
    faults: Mapping[str, int] = field(default_factory=dict, repr=False)
    checks: tuple[ListedCheck, ...] = field(default=(), repr=False)

    def check(self, name: str) -> ListedCheck:
        """The check of this name. Raises KeyError."""
        return {check.name: check for check in self.checks}[name]
