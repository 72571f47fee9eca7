"""The table of all mutants in `model/mutants/README.md`, made from the registry.

What is found without a name is in `tests/support/unnamed.py`.

python -m tests.model.protocols.mutant_table
"""

from __future__ import annotations

from pathlib import Path

import quorate.model.mutants
from quorate.model.language import Protocol
from quorate.model.mutants import KILLED, MUTANTS, Mutant
from tests.support.unnamed import FOUND, system_of

PAGE = Path(quorate.model.mutants.__file__).with_name("README.md")
HEAD = """\
| | protocol | what was changed | breaks | at | steps | the real bug | in code | found unnamed as |
|---|---|---|---|---|---|---|---|---|
"""


def table() -> str:
    """The rows, in the order of the registry."""
    return HEAD + "".join(map(_row, MUTANTS.values()))


def _row(mutant: Mutant) -> str:
    broken = f"`{mutant.violates}`" if mutant.violates else "nothing"
    verdict = "" if mutant.verdict == KILLED else f" ({mutant.verdict})"
    bounds = {**mutant.sizes, **{name: n for name, n in mutant.faults.items() if n}}
    at = ", ".join(f"{name} {n}" for name, n in bounds.items())
    cells = (
        f"{mutant.code} `{mutant.name}`",
        _protocol(mutant.protocol).__name__,
        mutant.title,
        f"{broken}{verdict}",
        at,
        str(mutant.steps or "–"),
        mutant.reference,
        *_in_code(mutant),
    )
    return f"| {' | '.join(cells)} |\n"


def _in_code(mutant: Mutant) -> tuple[str, str]:
    """The defect that reproduces it, and what differs where the defect is not named."""
    if mutant.defect is None:
        return "–", "–"
    found = FOUND[system_of(mutant.protocol)].get(mutant.defect)
    return f"`{mutant.defect}`", f"`{found.difference}`" if found else "–"


def _protocol(mutant: type[Protocol]) -> type[Protocol]:
    """The bundled protocol that a mutant changes."""
    return next(c for c in mutant.__mro__ if ".mutants." not in c.__module__)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(HEAD)
    after = rest[rest.index("\n\n") + 1 :] if "\n\n" in rest else ""
    PAGE.write_text(before + table() + after, encoding="utf-8")
