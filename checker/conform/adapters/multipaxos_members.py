"""The bundled Multi-Paxos under the models of acceptors that commands change.

A command takes effect a window of slots later, in the next one if the window is of one slot. Each
learner and each proposer has what it knows of who the acceptors are; a proposer that leads or
proposes has heard of all that anybody has executed. Of what was executed only the learners know,
and a proposer that has not heard of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate.checker.conform.adapter import Chose, Setting, Unrealisable
from quorate.impl.multipaxos import Decree, Learner
from quorate.impl.multipaxos.configurations import Configurations
from quorate.impl.multipaxos.messages import Reconfiguration

from .copying import copied
from .multipaxos_log import MultiPaxosLogAdapter


class MembersAdapter(MultiPaxosLogAdapter):
    """Performs each action by the method named after it."""

    def start(self, setting: Setting) -> None:
        acceptors: Any = setting.initial["acceptors"]
        members: Any = setting.initial["members"]
        known = [of for of in acceptors.values() if of]
        self.first, self.alpha = sorted(known[0]), len(known)
        # Commands that ask for the same acceptors are told apart by how often each is named.
        self.asked: dict[str, Decree] = {
            v: Reconfiguration(tuple(sorted(of)) * times)
            for times, (v, of) in enumerate(members.items(), start=1)
            if of
        }
        self.names = {decree: v for v, decree in self.asked.items()}
        super().start(setting)

    def configured(self, acceptors: list[str]) -> Configurations:
        del acceptors
        return self.composition.configurations.initial(self.first, self.alpha)

    def decree(self, v: str) -> Decree:
        return self.asked[v]

    def shown(self, decree: Decree | None) -> str | None:
        return self.names.get(decree) or super().shown(decree)  # type: ignore[arg-type]

    def observe(self) -> Mapping[str, Any]:
        seen, proposers = super().observe(), self.run.proposers.items()
        first = dict.fromkeys(range(self.alpha), frozenset(self.first))
        known = {**first, **self.run.acceptors_of}
        return {
            **seen,
            "acceptors": {s: known.get(i, frozenset()) for i, s in enumerate(self.slots)},
            "joined": {
                b: frozenset(p.promised_by if seen["leads"][b] else ()) for b, p in proposers
            },
        }

    def _lead(self, b: str, q: frozenset[str]) -> None:
        if self._furthest().executed == len(self.slots):
            raise Unrealisable("the code leads for the next slot, which the model does not have")
        self._tell_what_is_executed(b)
        super()._lead(b, q)

    def _propose(self, b: str, s: str, v: str) -> Chose | None:
        self._tell_what_is_executed(b)
        return super()._propose(b, s, v)

    def _execute(self, x: str, s: str, v: str) -> None:
        super()._execute(x, s, v)
        after = self.slots.index(s) + self.alpha
        acceptors = frozenset(self.run.learners[x].configurations.at(after))
        self.run.acceptors_of = {**self.run.acceptors_of, after: acceptors}

    def told(self, slot: int, v: str) -> Decree | None:
        """By a proposer that has counted the votes, or by a learner that has executed it."""
        return self.executed(slot, v) or super().told(slot, v)

    def _furthest(self) -> Learner:
        return max(self.run.learners.values(), key=lambda learner: learner.executed)

    def _tell_what_is_executed(self, b: str) -> None:
        proposer, furthest = self.run.proposers[b], self._furthest()
        proposer.configurations = copied(furthest.configurations)
        proposer.forget(furthest.executed)
