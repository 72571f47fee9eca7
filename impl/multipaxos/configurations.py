"""Who the acceptors are in each slot, where commands can change that.

The scheme is that of Lamport (*Paxos Made Simple*, 2001, §3, at its end; R-alpha in Lamport, Malkhi
and Zhou, *Reconfiguring a State Machine*, 2010): a reconfiguration in slot i takes effect in slot
i + alpha. So the acceptors of slot s are known to whoever has executed the first s - alpha + 1
slots, and nobody proposes in s before that.

Why it is safe: the acceptors of a slot are a function of what was chosen in slots before it. By
induction on the slot, all that was chosen there is agreed on, so all proposers that may propose in
a slot agree on its acceptors; and each slot by itself is an instance of Paxos with these acceptors:
a leader proposes in it only with promises of a phase-1 quorum of *them*, and only votes of theirs
are counted. It does not matter that one promise is for all slots, or that different slots have
different acceptors.

What it costs: a leader is at most alpha slots ahead of what it has executed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from quorate.impl.errors import ConfigError

from .messages import Membership

ALPHA: Final = 16


class Configurations:
    """The acceptors of each slot, as far as the first `executed` slots tell."""

    def __init__(self, memberships: Sequence[Membership], alpha: int = ALPHA) -> None:
        """`memberships` are in order, and the first begins no later than what is asked for.

        Raises ConfigError without acceptors, and if alpha is less than 1 slot.
        """
        if alpha < 1 or not memberships or not all(m.members for m in memberships):
            raise ConfigError("A configuration has acceptors, and a window of at least 1 slot.")
        self.alpha = alpha
        self.memberships = tuple(memberships)

    @classmethod
    def initial(cls, members: Collection[str], alpha: int = ALPHA) -> Configurations:
        """The same acceptors in all slots, until that is changed."""
        return cls((Membership(0, tuple(members)),), alpha)

    def at(self, slot: int) -> tuple[str, ...]:
        """The acceptors of a slot."""
        return next(m.members for m in reversed(self.memberships) if m.first <= slot)

    def since(self, slot: int) -> tuple[Membership, ...]:
        """The memberships of a slot and of all after it."""
        begun = [m for m in self.memberships if m.first <= slot]
        return (*begun[-1:], *(m for m in self.memberships if m.first > slot))

    def involved(self, slot: int) -> tuple[str, ...]:
        """All acceptors of a slot or of a later one, each once."""
        return tuple(dict.fromkeys(name for m in self.since(slot) for name in m.members))

    def last_change(self) -> int:
        """The first slot of the latest membership."""
        return self.memberships[-1].first

    def change(self, slot: int, members: tuple[str, ...]) -> None:
        """A reconfiguration was executed in a slot."""
        self.memberships = (*self.memberships, Membership(self.effective(slot), members))

    # The rules. Each is one method, so that a defect is one override.

    def effective(self, slot: int) -> int:
        """The first slot that a reconfiguration in this one is about."""
        return slot + self.alpha

    def knows(self, slot: int, executed: int) -> bool:
        """Whether the acceptors of a slot are settled by the first `executed` slots."""
        return slot < executed + self.alpha
