"""The result of `verify`, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from quorate.checker.liveness.results import Liveness
from quorate.checker.loading import name_of
from quorate.checker.prove.bounded import InductiveCheck
from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.prove.unbounded import Proof
from quorate.checker.verify import (
    Counterexample,
    GraphSize,
    Livelock,
    MutantResult,
    Verification,
    VerifiedProtocol,
    Warned,
)

from . import liveness
from .document import run_json
from .quorums import quorum_json
from .replays import replay_json


def as_json(found: Verification) -> dict[str, Any]:
    """The whole result."""
    return {
        "seconds": round(found.seconds, 3),
        "protocols": [_protocol(p) for p in found.protocols],
        "livelock": _livelock(found.livelocks[0]) if found.livelocks else None,
        "livelocks": [_livelock(x) for x in found.livelocks],
        "mutants": [_mutant(m) for m in found.mutants],
    }


def _protocol(p: VerifiedProtocol) -> dict[str, Any]:
    found, graph = p.exploration, p.only(GraphSize)
    induction, proof = p.only(InductiveCheck), p.only(Proof)
    counterexample = p.only(Counterexample)
    run, file = None, None
    if counterexample is not None:
        run, file = counterexample.trace, counterexample.file
    runs = p.only(Liveness)
    wrong = runs and runs.wrong
    return {
        "protocol": name_of(p.protocol),
        "sizes": dict(p.sizes),
        "faults": p.sizes.faults,
        "outcome": (wrong.verdict if wrong else found.outcome).value,
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "violated": wrong.called if wrong else found.violated,
        "temporal": runs and liveness.as_json(runs),
        "trace": str(file) if file is not None else None,
        "run": run_json(run, file) if run is not None else None,
        "graph": {
            "nodes": graph.nodes if graph is not None else 0,
            "edges": graph.edges if graph is not None else 0,
            "resting": graph.resting if graph is not None else 0,
        },
        "z3": [
            {
                "invariant": c.invariant,
                "verdict": c.status.value,
                "states": c.states,
                "clock": c.clock,
            }
            for c in p.checks
        ],
        "inductive": induction and induction.status.value,
        "any_size": proof and proof.status.value,
        "proof_kept": proof is not None and proof.kept,
        "open": p.unproved,
        "quorums": [quorum_json(q) for q in p.of(QuorumProof)],
        "replays": [replay_json(r) for r in p.replays],
        "warnings": [w.text for w in p.of(Warned)],
    }


def _livelock(found: Livelock) -> dict[str, Any]:
    lasso = found.lasso
    return {
        "protocol": name_of(found.contest.duel),
        "duel": found.duel.verdict.value,
        "stem": lasso and len(lasso.stem),
        "loop": lasso and len(lasso.loop),
        "elected": found.stable.verdict.value,
        "as_expected": found.as_expected,
    }


def _mutant(m: MutantResult) -> dict[str, Any]:
    return {
        **{k: v for k, v in asdict(m).items() if k not in ("healthy", "broken")},
        "as_expected": m.as_expected,
        "healthy": m.healthy and replay_json(m.healthy),
        "broken": m.broken and replay_json(m.broken),
    }
