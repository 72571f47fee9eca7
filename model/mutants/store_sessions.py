"""Mutants of replicated stores. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import action
from quorate.model.store_sessions import Client, Number, Store, StoreSessions

from .registry import Mutant


class SnapshotForgets(StoreSessions):
    @action(fault="crash")
    def restart(self, x: Store) -> None:
        for c in Client:
            self.session[x, c] = Number.zero


MUTANTS = (
    Mutant(
        name="snapshot-forgets",
        code="SS1",
        title="A snapshot has what a store holds, but not the sessions of its clients.",
        protocol=SnapshotForgets,
        violates="no_command_happens_again",
        steps=3,
        sizes={"Store": 1, "Client": 1, "Number": 2},
        faults={"crash": 1},
        defect="snapshot-forgets-sessions",
        reference="Ongaro 2014, §6.3: sessions are part of the state machine",
    ),
)
