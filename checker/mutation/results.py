"""The results of mutation: one trial for each change, and the score of the properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from quorate.checker.results import Exploration
from quorate.model.language import Protocol, Sizes

from .edits import Edit


class MutantFate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    REFINES = "refines"
    TOO_SMALL = "bound too small"
    VACUOUS = "vacuous"
    NARROWER = "narrower"
    SAME = "same states"
    SURVIVED = "survived"
    UNCOMPARED = "not compared"
    STOPPED = "stopped"
    INVALID = "no protocol"
    REPEATED = "repeated"

    @property
    def counts(self) -> bool:
        """Whether a property could have told the mutant from the protocol."""
        return self not in (MutantFate.REFINES, MutantFate.INVALID, MutantFate.REPEATED)


@dataclass(frozen=True)
class Killer:
    """What told a mutant from the protocol: the property, its kind, and the steps of the run.

    The kind is "invariant", "deadlock", "property of runs", "goal" (one that is not reached any
    more), or "undefined" (a step or property is; `name` is its own).
    """

    kind: str
    name: str
    steps: int | None

    def __str__(self) -> str:
        return {"goal": f"the goal {self.name}", "undefined": f"an undefined {self.name}"}.get(
            self.kind, self.name
        )


@dataclass(frozen=True)
class Trial:
    """One mutant, tried at the sizes of the protocol: `edit` is the change of its method `name`.

    `states` is the number found until it was killed. One that REFINES the protocol is proved to
    take no step, at any size, that the protocol does not take. `why` is a sentence about one that
    was not killed. With TOO_SMALL, `larger` are the sizes and faults at which `killer` finds it.
    `meaning` is a hash: mutants with the same one are the same protocol.
    """

    number: int
    name: str
    edit: Edit
    fate: MutantFate
    killer: Killer | None = None
    why: str = ""
    larger: Mapping[str, int] | None = None
    states: int = 0
    meaning: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Mutation:
    """All mutants of a protocol.

    `original` is the search of the protocol itself, `wrong` a property of runs that it violates,
    and the steps to that. Unless everything holds, nothing was tried. `unchanged` are the actions
    that no operator changes.
    """

    protocol: type[Protocol]
    sizes: Sizes
    original: Exploration
    wrong: tuple[str, int] | None
    trials: tuple[Trial, ...]
    unchanged: tuple[str, ...]
    seconds: float

    def of(self, *fates: MutantFate) -> list[Trial]:
        """The mutants with one of these fates."""
        return [t for t in self.trials if t.fate in fates]

    @property
    def counted(self) -> list[Trial]:
        """The mutants that a property could have killed."""
        return [t for t in self.trials if t.fate.counts]

    @property
    def killed(self) -> list[Trial]:
        """The mutants that were found at the sizes given."""
        return self.of(MutantFate.KILLED)

    @property
    def score(self) -> float | None:
        """The part that was killed of those that could have been, from 0 to 1."""
        return len(self.killed) / len(self.counted) if self.counted else None

    def kills(self) -> dict[str, int]:
        """For each property that killed a mutant, how many; the most first.

        A search stops at the first violation, so a mutant is one property's alone.
        """
        found: dict[str, int] = {}
        for trial in self.killed:
            assert trial.killer is not None
            found[str(trial.killer)] = found.get(str(trial.killer), 0) + 1
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
