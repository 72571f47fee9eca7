"""Hints: what each obligation needed when it was last proved, to try that first.

That is which hypotheses, and how finely it was split into cases. They are kept beside the
protocol's source, as `raft_log.hints.json` is beside `raft_log.py`. A hint that is wrong or stale
costs time and nothing else: what is asked is asked in this way first, and then with all hypotheses,
case by case. F* replays proofs in the same way (Swamy et al.: Dependent Types and Multi-Monadic
Effects in F*, POPL 2016).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from quorate.checker.errors import InputError
from quorate.model.language.declare.protocol import Protocol
from quorate.traces.files import replacing

from .results import Answer, Proof


class Hint(NamedTuple):
    """The hypotheses that an obligation needed, and how finely it was split (see queries.py)."""

    used: tuple[str, ...] = ()
    split: int = 0


Hints = Mapping[str, Hint]


def hints_file(protocol: type[Protocol]) -> Path:
    """Where the hints of a protocol are kept, if there are any."""
    return Path(inspect.getfile(protocol)).with_suffix(".hints.json")


def hints_of(protocol: type[Protocol]) -> Hints:
    """What to try first, by obligation: a protocol's own hints, and those of what it modifies.

    Raises InputError for a broken file.
    """
    found: dict[str, Hint] = {}
    for base in reversed(protocol.__mro__):
        if issubclass(base, Protocol):
            found |= _kept(base)
    return found


def _kept(protocol: type[Protocol]) -> dict[str, Hint]:
    try:
        path = hints_file(protocol)
        text = path.read_text(encoding="utf-8")
    except (OSError, TypeError):
        return {}
    try:
        hints = json.loads(text).get(protocol.__name__, {}).items()
        return {name: Hint(tuple(hint["used"]), int(hint["split"])) for name, hint in hints}
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise InputError(f"{path}: {error!r}; expected what `save_hints` writes") from None


def save_hints(protocol: type[Protocol], proof: Proof) -> Path:
    """Keep what a proof used, for the next one. Raises OSError."""
    path = hints_file(protocol)
    others = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    needed = {
        o.name: Hint(o.used, o.split)._asdict()
        for o in proof.obligations
        if o.answer is Answer.PROVED and not o.untouched
    }
    with replacing(path) as partial:
        partial.write_text(_text({**others, protocol.__name__: needed}), encoding="utf-8")
    return path


def _text(hints: Mapping[str, Mapping[str, Any]]) -> str:
    """JSON with a line for each obligation."""
    protocols = []
    for protocol, known in sorted(hints.items()):
        lines = [
            f"  {json.dumps(name)}: {json.dumps(hint)}" for name, hint in sorted(known.items())
        ]
        protocols.append(f" {json.dumps(protocol)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(protocols) + "\n}\n"
