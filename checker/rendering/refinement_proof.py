"""A proof that one protocol refines another, for people and for programs."""

from __future__ import annotations

from typing import Any

from quorate.checker.refine.action_map import shown_calls
from quorate.checker.refine.explored import RefinementCheck
from quorate.checker.refine.proof import ActionProof, RefinementProof
from quorate.checker.user_file import near_path

from .output import Output
from .quorums import quorum_json
from .words import by_clock, count, seconds


def report(out: Output, proof: RefinementProof, checked: RefinementCheck) -> None:
    """The proof of one refinement, or what is missing from it."""
    concrete = proof.refinement.concrete.__name__
    abstract = proof.refinement.abstract.__name__
    out.title(f"{concrete} as {abstract}  any number of elements of every sort")
    if proof.proved:
        out.line(f"{concrete} refines {abstract}: proved, {seconds(proof.seconds)}", "ok")
        _readings(out, proof)
    else:
        where = f"{count(checked.transitions, 'explored transition')}"
        out.line(f"open: not proved, checked on {where} at these sizes", "warn")
        _missing(out, proof)
    if proof.used:
        out.line(f"needs {', '.join(proof.used)}", indent=1)


def _readings(out: Output, proof: RefinementProof) -> None:
    width = max(len(p.action or "") for p in proof.parts)
    for p in proof.parts:
        if p.action is not None:
            out.line(f"{p.action:<{width}}  → {shown_alternatives(p)}", indent=1)


def shown_alternatives(part: ActionProof) -> str:
    """The abstract actions that an action's steps map to."""
    return (
        ", ".join([*map(shown_calls, part.alternatives), "or nothing"])
        if part.alternatives
        else "nothing"
    )


def _missing(out: Output, proof: RefinementProof) -> None:
    if proof.unsupported is not None:
        line = proof.where.line
        at = f" ({near_path(proof.where.file)}:{line})" if line else ""
        out.line(f"{proof.unsupported}{at}", indent=1)
    for p in proof.parts:
        if not p.proved:
            alternatives = f" as {shown_alternatives(p)}" if p.alternatives else ""
            out.line(
                f"{p.action or 'initial states'}{alternatives}: not shown{by_clock(p.clock)}",
                "warn",
                indent=1,
            )
            for what in dict.fromkeys(p.failed):
                out.line(what, indent=2)
    for place in proof.undefined:
        out.line(f"may be undefined: {place}", "warn", indent=1)
    for statement in proof.unmet:
        out.line(f"not proved for every number of members: {statement}", "warn", indent=1)


def as_json(proof: RefinementProof) -> dict[str, Any]:
    """The proof of one refinement."""
    return {
        "proved": proof.proved,
        "actions": [
            {
                "action": p.action,
                "ways": list(map(shown_calls, p.alternatives)),
                "proved": p.proved,
                "questions": p.questions,
                "not_shown": list(dict.fromkeys(p.failed)),
                "used": list(p.used),
                "seconds": round(p.seconds, 4),
                "clock": p.clock,
            }
            for p in proof.parts
        ],
        "invariants": list(proof.invariants),
        "used": list(proof.used),
        "senseless": list(proof.undefined),
        "quorums": [quorum_json(q) for q in proof.quorums],
        "unsupported": proof.unsupported,
        "seconds": round(proof.seconds, 4),
    }
