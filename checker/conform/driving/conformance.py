"""Whether an implementation does what a model says, and nothing else.

Every transition of the model is driven if its graph is small enough, otherwise a sample. Steps that
the model disables are probed. The verdict rests on what was seen: an implementation conforms only
if everything was compared.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum

from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.space import Space
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes

from .coverage import ActionDriven
from .driver import Driver
from .graph import ModelGraph
from .limits import Limits
from .repeating import FoundDifference, Repeater
from .sampling import Sampling, ways_to_goals
from .walks import Covering

SECONDS = 60.0

MOST_COVERED = 500_000
"""How many transitions are covered one by one; of a larger graph a sample is drawn."""

FOR_EXPLORING = 0.5
"""The part of the time after which it is driven through a sample of what is not yet explored."""

FOR_SHORTENING = 0.25
"""The part of the time that shortening runs, and what they lead to, may take beyond the limit."""

FOR_REPEATING = 0.5
"""The part of the time after which, beyond the limit, nothing is done on the code any more."""

COLLECTED_AFTER = 20_000
"""How many more objects there may be before garbage is looked for."""

WITH_CONSEQUENCES = 2
"""Of how many differences is asked what they lead to."""


class Verdict(Enum):
    """How an implementation fared."""

    CONFORMS = "conforms"
    """It does all that the model does, and nothing that it disables."""
    DIFFERS = "does not conform"
    """It was seen to do otherwise."""
    INCONCLUSIVE = "inconclusive"
    """Nothing was compared, or not all was driven."""


@dataclass(frozen=True)
class DriveOptions:
    """How an implementation is driven."""

    seconds: float = SECONDS
    seed: int = 0
    probing: bool = True
    hidden: int = 0
    """How many steps of processes may happen unasked before and after each that is asked for."""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """Differences by name, each with the reason why it is known and no matter."""


@dataclass(frozen=True)
class Driven:
    """The result of driving an implementation."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Why it is inconclusive."""
    differences: tuple[FoundDifference, ...]
    not_met: tuple[str, ...]
    """Differences that are accepted, but did not occur."""
    whole: bool
    """Whether the graph was small enough to be covered."""
    states: int
    transitions: int
    """Of the model, as far as its graph is known."""
    driven: int
    """Transitions that were taken as the model has them."""
    not_taken: int
    """Transitions that were tried, and done otherwise, skipped, or by choice never done."""
    visited: int
    goals: Mapping[str, bool]
    """What should be reachable in the model, and whether it was driven there."""
    walks: int
    steps: int
    probes: int
    never_enabled: int
    """So many steps that no state of the model enables were tried."""
    skipped: int
    chosen: int
    """Steps that were done with another argument, which the model has too."""
    actions: tuple[ActionDriven, ...]
    unseen: tuple[str, ...]
    """The variables that were never compared."""
    seed: int
    seconds: float

    @property
    def behind(self) -> int:
        """Transitions that lie behind what was done otherwise or skipped; 0 if not all is known."""
        return self.transitions - self.driven - self.not_taken if self.whole else 0


def conform(
    protocol: type[Protocol], name: str, sizes: Sizes, subject: Subject, options: DriveOptions
) -> Driven:
    """Drive a subject along a protocol, which is found again by `name`.

    Raises AdapterError, StepError where the model is undefined, SizeError.
    """
    with sizes:
        return _Conforming(protocol, name, sizes, subject, options).run()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Garbage is collected, but not so often: almost all that is made here is kept."""
    usual = gc.get_threshold()
    if usual[0]:
        gc.set_threshold(max(usual[0], COLLECTED_AFTER), *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _Conforming:
    def __init__(
        self,
        protocol: type[Protocol],
        name: str,
        sizes: Sizes,
        subject: Subject,
        options: DriveOptions,
    ) -> None:
        self.protocol, self.name, self.sizes = protocol, name, sizes
        self.subject, self.options = subject, options
        self._began = self._end = time.monotonic()

    def _out_of_time(self) -> bool:
        return time.monotonic() > self._end

    def _explored_enough(self) -> bool:
        return time.monotonic() > self._end - self.options.seconds * (1 - FOR_EXPLORING)

    def _much_too_late(self) -> bool:
        return time.monotonic() > self._end + self.options.seconds * FOR_SHORTENING

    def _over(self) -> bool:
        return time.monotonic() > self._end + self.options.seconds * FOR_REPEATING

    def run(self) -> Driven:
        with rarely_collected():
            return self._run()

    def _run(self) -> Driven:
        space = Space(self.protocol, self.sizes)
        self._end = time.monotonic() + self.options.seconds  # compiling it is not driving
        self.graph = ModelGraph(space)
        self.whole = self.graph.explore(MOST_COVERED, self._explored_enough)
        probing = self.options.probing
        walker = (
            Covering(self.graph, probing)
            if self.whole
            else Sampling(self.graph, probing, self.options.seed, ways_to_goals(self.graph))
        )
        hidden = self.options.hidden
        end, now = self._end, time.monotonic
        driver = Driver(self.graph, self.subject, walker, self.name, lambda: now() > end, hidden)
        driver.drive()
        late = self._out_of_time()
        differences = self._repeated(driver)
        return self._judged(driver, differences, late)

    def _repeated(self, driver: Driver) -> list[FoundDifference]:
        repeater = Repeater(
            self.graph,
            self.subject,
            self.name,
            Limits(self._much_too_late, self._over),
            self.options.hidden,
        )
        accepted = self.options.accepted
        found = [
            replace(repeater.difference(group), accepted=accepted.get(group.name))
            for group in driver.groups.values()
        ]
        found.sort(key=lambda d: (d.accepted is not None, d.flaky, len(d.run)))
        first = [d for d in found if d.accepted is None][:WITH_CONSEQUENCES]
        return [repeater.pursued(d) if d in first else d for d in found]

    # ------------------------------------------------------------ judging

    def _judged(self, driver: Driver, found: Sequence[FoundDifference], late: bool) -> Driven:
        counted, compared = driver.coverage, driver.comparer
        network = self.graph.space.network
        shown = compared.shown.union(network.names if network else ())
        actions = tuple(counted.actions())
        reasons: tuple[str, ...] = ()
        if any(d.accepted is None and d.seen_again for d in found):
            verdict = Verdict.DIFFERS
        else:
            reasons = tuple(self._reasons(driver, found, actions, late))
            verdict = Verdict.INCONCLUSIVE if reasons else Verdict.CONFORMS
        names = {d.name for d in found}
        return Driven(
            verdict=verdict,
            reasons=reasons,
            differences=tuple(found),
            not_met=tuple(n for n in self.options.accepted if n not in names),
            whole=self.whole,
            states=len(self.graph.rows),
            transitions=self.graph.transitions,
            driven=len(counted.transitions),
            not_taken=len(counted.not_taken - counted.transitions),
            visited=len(counted.states),
            goals={name: name in counted.goals for name in self.graph.space.goals},
            walks=counted.walks,
            steps=counted.steps,
            probes=counted.probes,
            never_enabled=counted.never_enabled,
            skipped=counted.skipped,
            chosen=driver.chosen_otherwise,
            actions=actions,
            unseen=tuple(
                v.name for v in self.graph.space.description.variables if v.name not in shown
            ),
            seed=self.options.seed,
            seconds=time.monotonic() - self._began,
        )

    def _reasons(
        self,
        driver: Driver,
        found: Sequence[FoundDifference],
        actions: Sequence[ActionDriven],
        late: bool,
    ) -> Sequence[str]:
        """Why the result is inconclusive, although no difference was found."""
        limit = f"{self.options.seconds:g} s (--seconds)"
        reasons = [
            f"{d.name} was met, and there was no time to repeat it within {limit}"
            if d.cut_short
            else f"{d.name} was met once, and not again"
            for d in found
            if not d.seen_again
        ]
        reasons += self._uncompared(driver)
        if not self.whole:
            reasons.append(
                f"a sample was driven: there are more than {MOST_COVERED:,} transitions"
                if self.graph.transitions > MOST_COVERED
                else f"a sample was driven: the model was not explored within half of {limit}"
            )
        elif late:
            total, driven = self.graph.transitions, len(driver.coverage.transitions)
            reasons.append(f"time was up after {limit}: {driven:,} of {total:,} transitions driven")
        elif not (
            driver.coverage.not_taken or len(driver.coverage.transitions) == self.graph.transitions
        ):
            reasons.append("not all transitions were driven")
        if self.whole:
            idle = [a.name for a in actions if a.skipped and not a.exercised]
            if idle:
                reasons.append(f"never exercised, only skipped: {', '.join(idle)}")
            if self.options.hidden:
                reasons += self._never_done(actions)
        return reasons

    def _never_done(self, actions: Sequence[ActionDriven]) -> list[str]:
        """What the model does somewhere, and the implementation was only seen to refuse."""
        graph = self.graph
        codes = {code for state in range(len(graph.rows)) for code, _ in graph.edges(state)}
        done = {graph.space.call(code).action for code in codes}
        idle = [a.name for a in actions if not (a.exercised or a.skipped) and a.name in done]
        return [f"never done when it was asked for: {', '.join(idle)}"] if idle else []

    def _uncompared(self, driver: Driver) -> list[str]:
        """Where nothing, or next to nothing, was compared."""
        compared, network = driver.comparer, self.graph.space.network
        held = set(network.names if network else ())
        if driver.coverage.steps == 0:
            return ["nothing was compared: no step was taken"]
        if not compared.moved:
            if not compared.shown:
                return ["nothing was compared: the adapter observes nothing and sent nothing"]
            shown = ", ".join(sorted(compared.shown))
            return [f"no step changed what the adapter shows ({shown}), and it sent nothing"]
        others = [v.name for v in self.graph.space.description.variables if v.name not in held]
        if others and not compared.shown - held:
            return ["of the state nothing was compared but messages: the adapter shows no more"]
        return []
