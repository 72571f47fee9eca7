"""Real bugs of changes of the acceptors. The rules are those of `defects.py`."""

from __future__ import annotations

from typing import Final

from .composition import Composition
from .configurations import Configurations
from .messages import Reconfiguration
from .proposer import Leadership, Proposer


class KeepsItsBallot(Proposer):
    """Goes on in its ballot with acceptors that have not promised."""

    def may_propose(self, slot: int) -> bool:
        """A quorum of other acceptors has promised."""
        known = self.configurations.knows(slot, self.executed)
        return known and self.leadership is Leadership.LEADING


class OldAcceptorsDecide(Proposer):
    """Takes a majority of the acceptors before a change for enough, too."""

    def is_chosen(self, slot: int) -> bool:
        """Does not end a membership where the next one begins."""
        begun = [m for m in self.configurations.memberships if m.first <= slot]
        return slot in self._proposed and any(self.is_decided_by(m.members, slot) for m in begun)


class NewAcceptorsDecide(Proposer):
    """Lets the acceptors that a command asks for decide on that command itself."""

    def is_chosen(self, slot: int) -> bool:
        """It is not chosen yet, so they are no acceptors."""
        decree = self._proposed.get(slot)
        if not isinstance(decree, Reconfiguration):
            return super().is_chosen(slot)
        return self.is_decided_by(decree.members, slot)


class ReconfiguresAtOnce(Configurations):
    """A reconfiguration is about the very next slot, in which others may have proposed already."""

    def effective(self, slot: int) -> int:
        """Does not wait."""
        return slot + 1


OF_MEMBERS: Final = (
    Composition(
        "keeps-its-ballot",
        "a leader goes on in its ballot with acceptors that have not promised",
        "Lamport, Malkhi, Zhou 2010, §3",
        proposer=KeepsItsBallot,
    ),
    Composition(
        "old-acceptors-decide",
        "after a change a majority of the acceptors before it is enough, too",
        "Lamport, Malkhi, Zhou 2010, §3",
        proposer=OldAcceptorsDecide,
    ),
    Composition(
        "new-acceptors-decide",
        "the acceptors that a command asks for choose that command itself",
        "Paxos Made Simple, §3: a command takes effect α slots later",
        proposer=NewAcceptorsDecide,
    ),
    Composition(
        "reconfigures-at-once",
        "a reconfiguration takes effect in the next slot, not alpha slots later",
        "Paxos Made Simple, §3: the acceptors of slot i + alpha are those after slot i",
        configurations=ReconfiguresAtOnce,
    ),
)
