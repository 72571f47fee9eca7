"""The work of `quorate quorums`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.loading import load_module
from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.checker.prove.quorums import QuorumProof, System, first_size, pairs_of, prove_pair
from quorate.checker.prove.quorums.availability import Availability, availability
from quorate.checker.prove.unbounded.meeting import not_always
from quorate.checker.rendering.document import envelope
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.quorums import mark_of, quorum_json
from quorate.model.language import ModelError, Protocol, QuorumSystem, SizeError
from quorate.model.language.declare.protocol import mentioned_sorts
from quorate.model.language.declare.quorums import is_kind
from quorate.model.language.frontend.declarations import system_mistakes

from .console import print_document
from .exit_codes import INCONCLUSIVE, VIOLATED

LIBRARY, LIBRARY_SIZE = "quorate.model.quorums", 9


@dataclass(frozen=True)
class Row:
    """One system: its figures, or why there are none."""

    system: System
    figures: Availability | None
    reason: str = ""


@dataclass
class Compare:
    """One run of the verb; the fields are its options."""

    target: str | None
    size: int | None
    down: tuple[Fraction, ...]
    effort: float
    as_json: bool

    def run(self) -> int:
        """Compare, report; returns the exit code."""
        title, systems, all_fit = found(self.target or LIBRARY)
        if mistakes := [m for s in systems for m in system_mistakes(s)]:
            raise ModelError(mistakes)
        n = self.size or (first_size(systems) if self.target else LIBRARY_SIZE)
        reasons = {s: reason for s in systems if (reason := _reason(s, n)) is not None}
        if reasons and (all_fit or len(reasons) == len(systems)):
            raise SizeError(next(iter(reasons.values())))
        rows = [Row(s, None, reasons[s]) if s in reasons else _row(s, n) for s in systems]
        proofs = [
            proof
            for pair in pairs_of(systems)
            if not reasons.keys() & {*pair}
            for proof in prove_pair(*pair, n, effort=self.effort)
        ]
        code = _exit_code(proofs)
        out = Output()
        if self.as_json:
            print_document(envelope("quorums", code, self._json(title, n, rows, proofs)))
        else:
            self._report(out, title, n, rows, proofs)
        return code

    # ------------------------------------------------------------ for people

    def _report(
        self, out: Output, title: str, n: int, rows: list[Row], proofs: list[QuorumProof]
    ) -> None:
        of = {row.system.of.__name__ for row in rows}
        out.title(f"{title}  {', '.join(f'{name}={n}' for name in sorted(of))}")
        out.line()
        heads = ["system", "kind", "smallest", "survives", "load"]
        heads += [f"up, {percent(p)} down" for p in self.down]
        table = [heads, *(self._cells(row) for row in rows if row.figures is not None)]
        if len(table) > 1:
            out.block("\n".join(aligned(table)))
        for row in rows:
            if row.figures is None:
                out.line(row.reason, "warn")
            elif row.figures.smallest is None:
                out.line(f"{row.system.__name__} makes no quorum at all", "warn")
        out.line()
        for first, *more in _by_statement(proofs):
            last = more[-1] if more else first
            mark = mark_of(last) if last.every or not last.holds else "warn"
            failed = last.counterexample is not None
            out.line(("not so: " if failed else "") + first.statement, mark)
            for proof in (first, *more):
                if proof.status is ObligationStatus.PROVED:
                    out.line(f"{proof.scope}: {proof.argument}", indent=1)
                elif not proof.refuted:
                    out.line(f"{proof.scope}: not answered with this much effort", indent=1)
                if proof.counterexample is not None:
                    one, other = proof.counterexample
                    out.line(f"{proof.apart}: {one} and {other} share none", indent=1)
            if mark == "warn":
                out.line("not proved for every number of members", indent=1)
        if not proofs:
            out.line("none of these systems says which it must meet", "warn")

    def _cells(self, row: Row) -> list[str]:
        figures = row.figures
        assert figures is not None
        survives = f"{figures.resilience} down" if figures.resilience >= 0 else "never up"
        return [
            row.system.__name__,
            kind_of(row.system),
            "none" if figures.smallest is None else str(figures.smallest),
            survives,
            "?" if figures.load is None else f"{float(figures.load):.2f}",
            *(nines(figures.probability(p)) for p in self.down),
        ]

    # ------------------------------------------------------------ for programs

    def _json(
        self, title: str, n: int, rows: list[Row], proofs: list[QuorumProof]
    ) -> dict[str, Any]:
        return {
            "target": title,
            "size": n,
            "systems": [self._system(row) for row in rows],
            "intersections": [quorum_json(p) for p in proofs],
        }

    def _system(self, row: Row) -> dict[str, Any]:
        about = {"system": row.system.__name__, "kind": kind_of(row.system)}
        if (f := row.figures) is None:
            return {**about, "reason": row.reason}
        return {
            **about,
            "smallest": f.smallest,
            "resilience": f.resilience,
            "load": None if f.load is None else float(f.load),
            "up_sets": list(f.up),
            "available": {str(float(p)): float(f.probability(p)) for p in self.down},
        }


def _exit_code(proofs: Sequence[QuorumProof]) -> int:
    if any(p.refuted for p in proofs):
        return VIOLATED
    return INCONCLUSIVE if not_always(proofs) else 0


def _row(system: System, n: int) -> Row:
    figures = availability(system, n)
    if figures is None:
        return Row(system, None, f"{system.__name__}: too many sets of {n} to count exactly")
    return Row(system, figures)


def _reason(system: System, n: int) -> str | None:
    """Why so many members do not fit a system."""
    try:
        system.votes(n)
    except SizeError as error:
        return str(error)
    return None


def _by_statement(proofs: Sequence[QuorumProof]) -> Iterator[list[QuorumProof]]:
    statements = dict.fromkeys(p.statement for p in proofs)
    return ([p for p in proofs if p.statement == s] for s in statements)


# ---------------------------------------------------------------- which systems


def found(name: str) -> tuple[str, list[System], bool]:
    """A title, the systems that a name stands for, and whether one size must fit them all.

    A file's systems need not belong together. Raises InputError.
    """
    module, wanted, place = load_module(name)
    classes = {n: v for n, v in vars(module).items() if isinstance(v, type)}
    systems: dict[str, Any] = {
        n: v for n, v in classes.items() if issubclass(v, QuorumSystem) and not is_kind(v)
    }
    if not wanted:
        own = [s for s in systems.values() if s.__module__ == module.__name__]
        if not own:
            raise InputError(f"{place}: has no quorum systems")
        return ("the bundled library" if name == LIBRARY else place), own, False
    chosen = classes.get(wanted)
    if wanted in systems:
        system = systems[wanted]
        return wanted, [system, *(s for s in system.meets if s is not system)], True
    if chosen is not None and issubclass(chosen, Protocol):
        mentioned = [s for s in mentioned_sorts(chosen) if issubclass(s, QuorumSystem)]
        if not mentioned:
            raise InputError(f"{place}: {wanted} has no quorum systems")
        return wanted, mentioned, True
    near = difflib.get_close_matches(wanted, [*systems, *classes], 1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(systems) or 'none'}"
    raise InputError(f"{place}: no protocol or quorum system {wanted}; {hint}")


def kind_of(system: System) -> str:
    """The kind that a system is of, as the language calls it."""
    kind = next(b for b in system.__mro__ if is_kind(b))
    return kind.__name__.partition("[")[0]


# ---------------------------------------------------------------- text


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
    """A probability as a percentage, with digits until the first two that are no nines."""
    down = 1 - p
    if down in (0, 1):
        return percent(p)
    digits = max(0, 1 - math.floor(math.log10(down)) - 2)
    scaled = math.floor(p * 10 ** (digits + 2))  # never rounded up to a certainty
    return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}%" if digits else f"{scaled}%"
