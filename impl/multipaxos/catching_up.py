"""When a replica that is behind asks for what it lacks, and for how long others may wait for it.

Rules:
1. It asks at each beat, and at once where an answer leaves something open.
2. Of a snapshot that arrives it asks the sender for the next part, whoever leads meanwhile. It asks
   again only after silence, as long as the longest patience, and whoever knows more then: a part
   that is under way needs no second one, which would be in its way.
3. Whoever was asked for decrees as old as a snapshot waits for as long with its next one.
"""

from __future__ import annotations

from quorate.impl.outputs import Send

from .learner import Learner
from .messages import CatchUp
from .records import MultiPaxosOutputs


class CatchingUp:
    """The questions of one replica and those that it is asked, by its own clock of ticks."""

    def __init__(self, learner: Learner, longest: int) -> None:
        """`longest` is the longest patience, in ticks."""
        self._learner, self._longest = learner, longest
        self._silent = self._awaited = 0

    @property
    def is_awaited(self) -> bool:
        """Whether somebody may wait for its latest snapshot (rule 3)."""
        return self._awaited > 0

    def pass_time(self, ticks: int) -> None:
        """So many ticks have passed."""
        self._silent += ticks
        self._awaited -= ticks

    def asked(self) -> None:
        """Somebody is as far behind as a snapshot."""
        self._awaited = self._longest

    def ask(self, whom: str, at_once: bool) -> MultiPaxosOutputs:
        """The question to one who knows more, if it is time, or for the next part (rule 2)."""
        learner, arriving = self._learner, self._learner.arriving
        if arriving is not None and not at_once and self._silent < self._longest:
            return ()
        self._silent, slots, held = 0, 0, 0
        if arriving is not None and (at_once or arriving[0] == whom):
            whom, slots, held = arriving
        return (Send(whom, CatchUp(learner.name, learner.executed, slots, held)),)
