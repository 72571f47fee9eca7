"""`quorate.diff`: two versions of a protocol, and what the modification changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.modification import Modification, compare
from quorate.checker.refine.finding import own
from quorate.checker.rendering import modification
from quorate.checker.rendering.output import Output
from quorate.model.language import Protocol, Sizes
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.refinements import Refinement
from quorate.traces import Trace

from ._check import loaded
from .results import Result


@dataclass(frozen=True, repr=False)
class DiffResult(Result):
    """Two versions compared: `modification` has the parts, verdicts, counts, runs and proofs."""

    modification: Modification

    @property
    def holds(self) -> bool:
        """Whether no property is worse in the new version, and no obligation newly unproved."""
        found = self.modification
        return found.new.search.complete and not found.worse and not found.newly_unproved()

    @property
    def violation(self) -> str | None:
        """What held in the old version, and in the new one does not."""
        return modification.finding_line(self.modification)

    @property
    def trace(self) -> Trace | None:
        """The shortest run of the new version to a step that the old one does not take."""
        check = self.modification.forth.check
        return check.failure.trace if check is not None and check.failure is not None else None

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return {
            **modification.as_json(self.modification),
            "trace": None if written is None else str(written),
        }

    def show(self, out: Output) -> None:
        modification.show(out, self.modification)


def diff(
    old: type[Protocol] | str,
    new: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | None = None,
    faults: Mapping[str, int] | None = None,
    limit: int | None = None,
    prove: bool = False,
    mapping: str | Refinement | None = None,
) -> DiffResult:
    """Compare two versions of a protocol: parts, verdicts, counts, and what only one of them does.

    A version is a class or a name, also one of an earlier revision: "git:HEAD~1:my.py:My". Both
    are searched at the same sizes, without the properties that are violated. Then each step of one
    is looked for in the other, from the same state; the shortest run to one that is missing tells
    the two apart. `mapping` says what of the old version a state of the new one is, by a refinement
    or "path.py:function"; without it, each variable is read as it is. With `prove`, both are proved
    for any size as far as that goes.

    Raises ModelError, SizeError, InputError.
    """
    before, after = loaded(old), loaded(new)

    def sized(protocol: type[Protocol]) -> Sizes:
        known = sized_sorts(protocol)
        other = before if protocol is after else after
        only = {n: k for n, k in (sizes or {}).items() if n in known or n not in other.sorts()}
        theirs = set(other.budgets()) - set(protocol.budgets())
        budget = {n: k for n, k in (faults or {}).items() if n not in theirs}
        return protocol.sized(budget, **only)

    link = own(mapping, after, before) if isinstance(mapping, str) else mapping
    return DiffResult(compare(before, after, sized, limit, prove, link))
