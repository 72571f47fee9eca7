"""Known differences, by name, each with the reason why it is accepted.

[accepted]
"phase2b.allows.sent" = "an ACCEPTED that is repeated is told apart by its sender"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from quorate.checker.errors import InputError


def read_accepted(file: Path) -> Mapping[str, str]:
    """The differences that a TOML file accepts. Raises InputError."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: {error}") from error
    table = document.pop("accepted", None)
    if document or not isinstance(table, dict):
        found = f"found {', '.join(document)}" if document else "found none"
        raise InputError(f"{file}: {found}, expected one table [accepted]")
    return checked(table, str(file))


def checked(accepted: Mapping[str, object], place: str) -> Mapping[str, str]:
    """The same, if each has a reason. Raises InputError."""
    for name, reason in accepted.items():
        if not isinstance(reason, str) or not reason.strip():
            raise InputError(f"{place}: `{name}` has no reason: say why it is accepted")
    return {name: str(reason).strip() for name, reason in accepted.items()}
