"""Real bugs as one-line modifications of the bundled protocols, by name.

Some must be caught at the bound they name, some must survive because they change nothing that
matters, and some are safe only because nothing is ever decided: a checker tells the three apart.
"""

from .abd import MUTANTS as _ABD
from .cas_paxos import MUTANTS as _CAS_PAXOS
from .chain_replication import MUTANTS as _CHAIN_REPLICATION
from .leader_lease import MUTANTS as _LEADER_LEASE
from .lease_lock import MUTANTS as _LEASE_LOCK
from .multipaxos import MUTANTS as _MULTIPAXOS
from .multipaxos_log import MUTANTS as _MULTIPAXOS_LOG
from .mutual_exclusion import MUTANTS as _MUTUAL_EXCLUSION
from .paxos_proposers import MUTANTS as _PAXOS_PROPOSERS
from .paxos_roles import MUTANTS as _PAXOS_ROLES
from .raft import MUTANTS as _RAFT
from .raft_atomic import MUTANTS as _RAFT_ATOMIC
from .raft_election import MUTANTS as _RAFT_ELECTION
from .raft_leases import MUTANTS as _RAFT_LEASES
from .raft_membership import MUTANTS as _RAFT_MEMBERSHIP
from .raft_prevote import MUTANTS as _RAFT_PREVOTE
from .raft_reads import MUTANTS as _RAFT_READS
from .raft_snapshots import MUTANTS as _RAFT_SNAPSHOTS
from .registry import EQUIVALENT, KILLED, VACUOUS, Mutant
from .store_sessions import MUTANTS as _STORE_SESSIONS
from .two_phase_commit import MUTANTS as _TWO_PHASE_COMMIT
from .viewstamped_replication import MUTANTS as _VIEWSTAMPED_REPLICATION

MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant
    for mutant in (
        *_PAXOS_ROLES,
        *_PAXOS_PROPOSERS,
        *_TWO_PHASE_COMMIT,
        *_MULTIPAXOS,
        *_MULTIPAXOS_LOG,
        *_RAFT,
        *_RAFT_ELECTION,
        *_RAFT_ATOMIC,
        *_RAFT_MEMBERSHIP,
        *_RAFT_SNAPSHOTS,
        *_RAFT_READS,
        *_RAFT_LEASES,
        *_RAFT_PREVOTE,
        *_STORE_SESSIONS,
        *_VIEWSTAMPED_REPLICATION,
        *_MUTUAL_EXCLUSION,
        *_CHAIN_REPLICATION,
        *_ABD,
        *_CAS_PAXOS,
        *_LEADER_LEASE,
        *_LEASE_LOCK,
    )
}

__all__ = ["EQUIVALENT", "KILLED", "MUTANTS", "VACUOUS", "Mutant"]
