"""Whether quorums meet, for people and for programs."""

from __future__ import annotations

from typing import Any

from quorate.checker.prove.quorums import QuorumProof


def mark_of(q: QuorumProof) -> str:
    """A pass only where it holds of all that it speaks of, and fails nowhere else."""
    return "ok" if q.holds else "bad" if q.refuted else "warn"


def quorum_json(q: QuorumProof) -> dict[str, Any]:
    """One proof; `disjoint` are two quorums that share no member, of `disjoint_at`."""
    return {
        "system": q.system,
        "meets": q.meets,
        "statement": q.statement,
        "scope": q.scope,
        "argument": q.argument,
        "every": q.every,
        "holds": q.holds,
        "verdict": q.status.value,
        "disjoint": list(q.counterexample) if q.counterexample is not None else None,
        "disjoint_at": q.apart or None,
    }
