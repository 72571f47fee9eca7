"""Hints: the hypotheses that each obligation needed when it was last proved, to try first.

They are kept beside the protocol's source, as `raft_log_proof.hints.json` is beside
`raft_log_proof.py`. A hint that is wrong or stale costs time and nothing else: what is asked is
asked with fewer hypotheses first, and then with all. F* replays proofs in the same way (Swamy et
al.: Dependent Types and Multi-Monadic Effects in F*, POPL 2016).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path

from quorate.checker.errors import InputError
from quorate.model.language.declare.protocol import Protocol
from quorate.traces.files import replacing

from .results import Answer, Proof

Hints = Mapping[str, tuple[str, ...]]


def hints_file(protocol: type[Protocol]) -> Path:
    """Where the hints of a protocol are kept, if there are any."""
    return Path(inspect.getfile(protocol)).with_suffix(".hints.json")


def hints_of(protocol: type[Protocol]) -> Hints:
    """The hypotheses to try first, by obligation: its own, and those of the classes it modifies.

    Raises InputError for a broken file.
    """
    found: dict[str, tuple[str, ...]] = {}
    for base in reversed(protocol.__mro__):
        if issubclass(base, Protocol):
            found |= _kept(base)
    return found


def _kept(protocol: type[Protocol]) -> Hints:
    try:
        path = hints_file(protocol)
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: tuple(used) for name, used in found.get(protocol.__name__, {}).items()}
    except (FileNotFoundError, OSError, TypeError):
        return {}
    except (json.JSONDecodeError, AttributeError) as error:
        raise InputError(f"{path}: {error}; expected what `save_hints` writes") from None


def save_hints(protocol: type[Protocol], proof: Proof) -> Path:
    """Keep what a proof used, for the next one. Raises OSError."""
    path = hints_file(protocol)
    others = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    used = {
        o.name: list(o.used)
        for o in proof.obligations
        if o.answer is Answer.PROVED and not o.untouched and o.used
    }
    text = json.dumps({**others, protocol.__name__: used}, indent=1, sort_keys=True)
    with replacing(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")
    return path
