"""The lock service with the companions that make it provable, for any clients, time and leases.

Gray and Cheriton: Leases (1989), §2. The term and the skew are those of the protocol.
"""

from quorate.model.language import invariant
from quorate.model.lease_lock import SKEW, Client, Grant, LeaseLock, Position


class ProvedLeaseLock(LeaseLock):
    """Who holds a lease has the latest one: all earlier ones have ended on every clock."""

    @invariant
    def clocks_are_close(self) -> bool:
        return all(
            self.clock[c] <= self.now + SKEW and self.now <= self.clock[c] + SKEW for c in Client
        )

    @invariant
    def earlier_leases_have_ended(self) -> bool:
        return all(
            m.k <= self.token
            and m.until <= self.expires
            and (m.k == self.token or m.until + SKEW <= self.now)
            for m in self.sent[Grant]
        )

    @invariant
    def leases_were_granted(self) -> bool:
        return all(
            self.until[c] == 0 or Grant(self.held[c], c, self.until[c]) in self.sent for c in Client
        )

    @invariant
    def the_highest_is_stored_last(self) -> bool:
        return all(self.stored[i] <= self.highest for i in Position if i < len(self.stored))
