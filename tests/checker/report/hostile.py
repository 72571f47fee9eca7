"""A document with what any verb has, where every text would be markup if it could."""

from __future__ import annotations

from typing import Any

from quorate.checker.rendering.document import envelope, run_json
from quorate.traces import FrozenMap, Received, Record, Step, Trace, Violation

SIDES = ("model", "implementation")
HOSTILE = "</script><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>\u202e\x00"


def hostile_trace() -> Trace:
    message = Record(HOSTILE, ((HOSTILE, HOSTILE),))
    empty = FrozenMap({HOSTILE: HOSTILE, "sent": frozenset()})
    sent = FrozenMap({HOSTILE: "x", "sent": frozenset({message})})
    steps = (
        Step(HOSTILE, ((HOSTILE, HOSTILE),), sent, node=HOSTILE),
        Step(HOSTILE, (), sent, node="q", received=(Received(message, 1),), because=(1,)),
    )
    return Trace(
        HOSTILE, ((HOSTILE, 1),), empty, steps, Violation(HOSTILE, HOSTILE), messages="sent"
    )


def everything_hostile() -> dict[str, Any]:
    """A document with what any verb has, where every text is hostile."""
    run_ = run_json(hostile_trace())
    guard = {"action": HOSTILE, "line": 1, "text": HOSTILE, "blocked": 2}
    obligation = dict.fromkeys(("kind", "action", "invariant", "answer", "prover"), HOSTILE)
    mutant = dict.fromkeys(("action", "operator", "before", "after", "fate", "why"), HOSTILE)
    version = {"protocol": HOSTILE, "verdicts": {HOSTILE: HOSTILE}, "fired": {HOSTILE: 1}}
    version |= {
        "states": 1,
        "transitions": 1,
        "depth": 1,
        "sizes": {HOSTILE: 1},
        "faults": {HOSTILE: 1},
    }
    part = dict.fromkeys(("kind", "name", "change", "old", "new"), HOSTILE)
    not_kept = {"invariant": HOSTILE, "k": None, "run": run_}
    return {
        **envelope(HOSTILE, 1, {"protocol": HOSTILE, "sizes": {HOSTILE: 1}, "outcome": HOSTILE}),
        "invariants": [
            HOSTILE,
            {"invariant": HOSTILE, "standing": HOSTILE, "how": HOSTILE},
            not_kept,
        ],
        "warnings": [HOSTILE],
        "run": run_,
        "samples": {HOSTILE: run_},
        "fired": {HOSTILE: 3},
        "guards": [guard],
        "levels": [1, 2],
        "obligations": [{**obligation, "seconds": 1.0, "used": [HOSTILE], "untouched": False}],
        "quorums": [dict.fromkeys(("statement", "verdict", "argument"), HOSTILE)],
        "mutants": [{**mutant, "killer": {"kind": HOSTILE, "name": HOSTILE, "steps": 1}}],
        "score": 0.5,
        "old": version,
        "new": version,
        "parts": [part],
        "forth": {"failure": {"run": run_}},
        "back": {"failure": None},
        "protocols": [hostile_protocol(run_)],
        "livelocks": [{"protocol": HOSTILE, "as_expected": True}],
        "divergence": {"step": 1, **dict.fromkeys(("action", "variable", *SIDES), HOSTILE)},
        "reason": HOSTILE,
        "unseen": [HOSTILE],
        "steps": 1,
        "implementation": HOSTILE,
        "violated": HOSTILE,
        "error": {"message": HOSTILE},
        "refinements": [hostile_refinement(run_)],
        **hostile_conformance(run_),
    }


def hostile_protocol(run_: Any) -> dict[str, Any]:
    replayed = {"verdict": HOSTILE}
    return {
        **dict.fromkeys(("protocol", "outcome", "inductive", "any_size"), HOSTILE),
        "sizes": {HOSTILE: 1},
        "z3": [dict.fromkeys(("invariant", "verdict"), HOSTILE)],
        "temporal": {"properties": [dict.fromkeys(("name", "verdict"), HOSTILE)]},
        "quorums": [dict.fromkeys(("statement", "verdict", "scope"), HOSTILE)],
        "replays": [replayed],
        "warnings": [HOSTILE],
        "run": run_,
    }


def hostile_refinement(run_: Any) -> dict[str, Any]:
    called = {"action": HOSTILE, "arguments": [HOSTILE], "guards": [hostile_guard()]}
    failure = {"run": run_, "change": [HOSTILE], "nearest": {**called, "differs": [HOSTILE]}}
    action = {"action": HOSTILE, "ways": [HOSTILE], "proved": False, "questions": 1}
    action |= {"not_shown": [HOSTILE], "used": [HOSTILE], "seconds": 1.0}
    proof = {"proved": False, "actions": [action], "senseless": [HOSTILE], "unsupported": HOSTILE}
    return {
        **dict.fromkeys(("concrete", "abstract", "outcome"), HOSTILE),
        "ways": {HOSTILE: {HOSTILE: 1}},
        "failure": failure,
        "proof": {**proof, "quorums": [], "seconds": 1.0},
    }


def hostile_guard() -> dict[str, Any]:
    return {"text": HOSTILE, "file": HOSTILE, "line": 1, "held": False}


def hostile_conformance(run_: Any) -> dict[str, Any]:
    sides = dict.fromkeys(("place", "before", *SIDES), HOSTILE)
    difference = {
        **dict.fromkeys(("name", "kind", "text"), HOSTILE),
        "count": 1,
        "found_at": 2,
        "seen_again": 1,
        "flaky": True,
        "accepted": None,
        "unfinished": [HOSTILE],
        "steps": [{}],
        "values": [sides],
        "run": run_,
        "tried": {"action": HOSTILE, "arguments": {HOSTILE: HOSTILE}},
        "guards": [hostile_guard()],
        "consequences": [{"violated": HOSTILE, "text": HOSTILE}],
    }
    counts = {"taken": 1, "probed": 2, "differed": 0, "skipped": 0}
    refused = {
        "text": HOSTILE,
        "line": 1,
        "refused": 0,
        "alone": 0,
        "delivery": False,
        "end": False,
    }
    action = {"name": HOSTILE, "environment": False, "guards": [refused], **counts}
    about = {"sent": 1, "delivered": 1, "partitioned": 0, "undelivered": 0}
    numbers = ("runs", "finished", "decisions", "answers", "validated", "restarts", "seed")
    attempt = {"after": [HOSTILE], "step": HOSTILE, "missing": HOSTILE}
    attempt |= {"guards": [{"text": HOSTILE, "holds": False}], "possible": False}
    attempt |= {"differences": [{"place": HOSTILE, "model": HOSTILE, "log": HOSTILE}]}
    failure = {"file": HOSTILE, "line": 1, "states": 1, "text": HOSTILE, "attempts": [attempt]}
    found = {"findings": [{"kind": HOSTILE, "text": HOSTILE, "at": 1.0}], "run": 1, "seed": 1}
    found |= {"log": {"failure": failure}, "tails": {HOSTILE: [HOSTILE]}, "folder": HOSTILE}
    return {
        "driven": 1,
        "transitions": 2,
        "visited": 1,
        "states": 2,
        "probes": 1,
        "reasons": [HOSTILE],
        "differences": [difference],
        "not_met": [HOSTILE],
        "actions": [action],
        "followed": {
            "implementation": HOSTILE,
            "reason": HOSTILE,
            "steps": 1,
            "difference": difference,
            "violated": [HOSTILE],
            "unseen": [HOSTILE],
        },
        "cluster": {
            **dict.fromkeys(numbers, 1),
            "protocol": HOSTILE,
            "lines": 1,
            "steps": 1,
            "seconds": 1.0,
            "reasons": [HOSTILE],
            "rates": {HOSTILE: 1.0},
            "faults": {HOSTILE: 1},
            "messages": about,
            "unjudged": [{"seed": 1, "reason": HOSTILE}],
            "found": {**found, "seconds": 1.0},
        },
    }
