"""Obligations as SMT-LIB files, for other solvers and for people who trust no Python.

A file is unsatisfiable if the obligation holds. `z3 smt.auto_config=false smt.mbqi=false FILE` asks
as the prover does. Barrett, Fontaine, Tinelli: The SMT-LIB Standard, version 2.6 (2021).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.description import describe
from quorate.traces.files import replacing

from .obligations import Obligations
from .proof import is_safety
from .queries import Prover


def write_smt2(
    protocol: type[Protocol], folder: Path, invariants: Sequence[str] | None = None
) -> list[Path]:
    """Write every obligation to a file of its own; each file appears whole or not at all.

    Raises OSError; UnsupportedError for a protocol that proofs for any size do not cover.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in obligations_smt2(protocol, invariants):
        path = folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}.smt2"
        with replacing(path) as partial:
            partial.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def obligations_smt2(
    protocol: type[Protocol], invariants: Sequence[str] | None = None
) -> Iterator[tuple[str, str]]:
    """The name and the text of every obligation."""
    found = Obligations(describe(protocol), invariants)
    names = list(found.invariants)
    safety = [n for n in names if is_safety(n) and len(names) > 1]
    kept = [n for n in names if n not in safety]
    actions = found.description.actions
    wanted = [(None, n) for n in kept]
    wanted += [(a.name, n) for n in kept for a in actions if found.touched(a, n)]  # type: ignore[misc]
    for action, name in wanted:
        found.query(action, name)  # all symbols first
    prover = Prover(found.signature, seed=0, effort=5.0)
    for action, name in wanted:
        hypotheses = found.assumed(kept if action is not None else ())
        title = f"{action or 'initially'}.{name}"
        yield title, _file(title, prover.smt2(hypotheses, found.query(action, name)))
    for name in safety:
        title = f"consequence.{name}"
        yield title, _file(title, prover.smt2(found.assumed(kept), found.implied(name)))


def _file(title: str, text: str) -> str:
    body = "\n".join(line for line in text.splitlines() if not line.startswith("(set-info"))
    return f"; {title}: unsatisfiable if it holds\n(set-info :status unsat)\n{body}\n"
