"""Quorum systems side by side, and whether quorums meet, for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.prove.quorums.comparison import Figures, QuorumComparison

from .output import Output


def mark_of(q: QuorumProof) -> str:
    """The mark of a statement: "ok" only if it is proved for every number of members."""
    return "ok" if q.holds else "bad" if q.refuted else "warn"


# ---------------------------------------------------------------- for people


def report(out: Output, found: QuorumComparison, down: Sequence[Fraction]) -> None:
    """The table of figures, and the proofs; `down` are probabilities that a member is down."""
    of = {f.system.of.__name__ for f in found.figures}
    out.title(f"{found.title}  {', '.join(f'{name}={found.size}' for name in sorted(of))}")
    out.line()
    heads = ["system", "kind", "smallest", "survives", "load"]
    heads += [f"up, {percent(p)} down" for p in down]
    table = [heads, *(_cells(f, down) for f in found.figures if f.availability is not None)]
    if len(table) > 1:
        out.block("\n".join(aligned(table)))
    for figures in found.figures:
        if figures.availability is None:
            out.line(figures.reason, "warn")
        elif figures.availability.smallest is None:
            out.line(f"{figures.system.__name__} makes no quorum at all", "warn")
    out.line()
    for proofs in _by_statement(found.proofs):
        _statement(out, proofs)
    if not found.proofs:
        out.line("none of these systems says which it must meet", "warn")


def _cells(figures: Figures, down: Sequence[Fraction]) -> list[str]:
    found = figures.availability
    assert found is not None
    survives = f"{found.resilience} down" if found.resilience >= 0 else "never up"
    return [
        figures.system.__name__,
        figures.kind,
        "none" if found.smallest is None else str(found.smallest),
        survives,
        "?" if found.load is None else f"{float(found.load):.2f}",
        *(nines(found.probability(p)) for p in down),
    ]


def _by_statement(proofs: Sequence[QuorumProof]) -> Iterator[list[QuorumProof]]:
    statements = dict.fromkeys(p.statement for p in proofs)
    return ([p for p in proofs if p.statement == s] for s in statements)


def _statement(out: Output, proofs: Sequence[QuorumProof]) -> None:
    """One statement: first at this number of members, then at any number, if that was tried."""
    first, last = proofs[0], proofs[-1]
    mark = mark_of(last) if last.every or not last.holds else "warn"
    failed = last.counterexample is not None
    out.line(("not so: " if failed else "") + first.statement, mark)
    for proof in proofs:
        if proof.status is ObligationStatus.PROVED:
            out.line(f"{proof.scope}: {proof.argument}", indent=1)
        elif not proof.refuted:
            out.line(f"{proof.scope}: not answered with this much effort", indent=1)
        if proof.counterexample is not None:
            one, other = proof.counterexample
            out.line(f"{proof.apart}: {one} and {other} share none", indent=1)
    if mark == "warn":
        out.line("not proved for every number of members", indent=1)


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Lines of columns, two spaces between."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def percent(p: Fraction) -> str:
    """`10%`, `0.5%`."""
    return f"{float(100 * p):g}%"


def nines(p: Fraction) -> str:
    """A probability as a percentage, with two digits after the leading nines."""
    down = 1 - p
    if down in (0, 1):
        return percent(p)
    digits = max(0, 1 - math.floor(math.log10(down)) - 2)
    scaled = math.floor(p * 10 ** (digits + 2))  # never rounded up to a certainty
    return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}%" if digits else f"{scaled}%"


# ---------------------------------------------------------------- for programs


def as_json(found: QuorumComparison, down: Sequence[Fraction]) -> dict[str, Any]:
    """The figures and the proofs."""
    return {
        "target": found.title,
        "size": found.size,
        "systems": [_system(figures, down) for figures in found.figures],
        "intersections": [quorum_json(p) for p in found.proofs],
    }


def _system(figures: Figures, down: Sequence[Fraction]) -> dict[str, Any]:
    about = {"system": figures.system.__name__, "kind": figures.kind}
    if (found := figures.availability) is None:
        return {**about, "reason": figures.reason}
    return {
        **about,
        "smallest": found.smallest,
        "resilience": found.resilience,
        "load": None if found.load is None else float(found.load),
        "up_sets": list(found.up),
        "available": {str(float(p)): float(found.probability(p)) for p in down},
    }


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
