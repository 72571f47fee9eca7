"""What is found about each property of a protocol at some sizes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from quorate.checker.errors import InputError
from quorate.checker.explore.claims import (
    claimed,
    claimed_of_rest,
    claimed_of_runs,
    nothing_claimed,
)
from quorate.checker.liveness.results import TemporalVerdict
from quorate.checker.results import DEADLOCK

if TYPE_CHECKING:
    from quorate import CheckResult
    from quorate.model.language import Protocol, Sizes


class Findings:
    """Each property of a protocol, and the search that decides it.

    All are looked for in one search. One that ends at a violation decides only this property, so
    the others are looked for again, without it. Raises InputError if nothing is claimed.
    """

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self._of_states = [*claimed(protocol, None), *claimed_of_rest(protocol)]
        self._temporal = claimed_of_runs(protocol, None)
        self._goals = list(protocol.methods("reachable"))
        self._warned = False
        if not self.properties():
            raise InputError(nothing_claimed(protocol)[0])

    def properties(self) -> list[str]:
        """The names of what is claimed of states, of runs, and of goals."""
        return [*self._of_states, *self._temporal, *self._goals]

    def unmet(self, name: str) -> str | None:
        """The result that shows why a property is not met, as text; None if it is."""
        result = self._searches.get(name, self._last)
        found = result.exploration
        if name in self._goals:
            if name in found.reached:
                return None
            said = f"goal {name} is not reached" if found.complete else f"goal {name} is open"
            return f"{said}\n{result!r}"
        if not (found.complete and found.states):
            return repr(result)
        if name in self._temporal and self._verdict(name) is not TemporalVerdict.HOLDS:
            return repr(self._search([], [name]))
        return None

    def new_warnings(self) -> list[str]:
        """Why a pass of all may mean less than it seems, told once."""
        told, self._warned = self._warned, True
        if told or not self._last.exploration.complete:
            return []
        said = [f"no state makes `{name}` true" for name in self._goals]  # by tests of their own
        if self._of_states:
            said += nothing_claimed(self.protocol)
        return [text for text in self._last.warnings if text not in said]

    def _verdict(self, name: str) -> TemporalVerdict:
        runs = self._last.liveness
        checks = () if runs is None else runs.checks
        return next((c.verdict for c in checks if c.name == name), TemporalVerdict.OPEN)

    @property
    def _last(self) -> CheckResult:
        return self._searches[""]

    @cached_property
    def _searches(self) -> dict[str, CheckResult]:
        """The search that violates each property that is; under "" the one that ended otherwise."""
        found: dict[str, CheckResult] = {}
        left = list(self._of_states)
        while "" not in found:
            result = self._search(left, self._temporal)
            violated = result.exploration.violated
            if violated in left:
                left.remove(violated)
                found[violated] = result
            else:
                found[""] = result
        return found

    def _search(self, of_states: list[str], temporal: list[str]) -> CheckResult:
        import quorate

        return quorate.check(
            self.protocol,
            sizes=self.sizes,
            invariants=[name for name in of_states if name != DEADLOCK],
            temporal=temporal,
            deadlock=DEADLOCK in of_states,
        )
