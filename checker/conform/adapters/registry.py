"""Which adapter drives which protocol."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from quorate.checker.conform.adapter import Adapter
from quorate.checker.errors import InputError
from quorate.impl import composition as compositions
from quorate.impl.composition import Composition
from quorate.impl.defects import COMPOSITIONS
from quorate.model.language import Protocol
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles

from .paxos import PaxosAdapter, PaxosRolesAdapter

HEALTHY = compositions.HEALTHY.name
"""The variant without a defect."""

BUNDLED: dict[type[Protocol], Callable[[Composition], Adapter]] = {
    PaxosRoles: PaxosRolesAdapter,
    Paxos: PaxosAdapter,
}


def variant_named(variant: str) -> Composition:
    """A variant of the bundled implementation. Raises InputError."""
    if variant not in COMPOSITIONS:
        near = difflib.get_close_matches(variant, COMPOSITIONS, 1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(COMPOSITIONS)}"
        raise InputError(f"no variant `{variant}` of the implementation; {hint}")
    return COMPOSITIONS[variant]


def adapter_for(protocol: type[Protocol], variant: str) -> Adapter:
    """The bundled adapter of a protocol (or of what it modifies). Raises InputError."""
    composition = variant_named(variant)
    for base, make in BUNDLED.items():
        if issubclass(protocol, base):
            return make(composition)
    known = ", ".join(p.__name__ for p in BUNDLED)
    raise InputError(
        f"no implementation of {protocol.__name__} is bundled (there is one of {known}); "
        "give your own with --adapter path.py:Class"
    )
