"""What is known of a mutant: which bug it is, who had it, and at what bound it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from quorate.model.language import Protocol

KILLED = "killed"
EQUIVALENT = "equivalent"
VACUOUS = "vacuous"


@dataclass(frozen=True)
class Mutant:
    """A protocol with one real bug in it, or with a change that only looks like one.

    `violates` is the property that breaks: of a killed mutant an invariant, of a vacuous one the
    goal that is out of reach. `sizes` and `faults` are the smallest bound known to show it, `steps`
    is how long a shortest run to the violation is there.
    `defect` names the same bug in the bundled implementation.
    """

    name: str
    code: str
    title: str
    protocol: type[Protocol]
    violates: str | None
    sizes: Mapping[str, int]
    faults: Mapping[str, int] = field(default_factory=dict)
    steps: int | None = None
    verdict: str = KILLED
    defect: str | None = None
    reference: str = ""
