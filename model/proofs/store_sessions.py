"""Stores with sessions, and the companion that makes them provable, for any stores and clients.

Ongaro: Consensus: Bridging Theory and Practice (2014), §6.3.
"""

from quorate.model.language import invariant
from quorate.model.store_sessions import Client, Store, StoreSessions


class ProvedStoreSessions(StoreSessions):
    """The number that a store remembers of a client is that of its latest command."""

    @invariant
    def sessions_are_up_to_date(self) -> bool:
        return all(self.session[x, c] == self.newest[x, c] for x in Store for c in Client)
