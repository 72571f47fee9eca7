"""The adapter that a name stands for, in a process of its own: of Python, or of any language."""

from __future__ import annotations

from quorate.model.language.declare.protocol import Protocol

from .foreign import PREFIX, ForeignAdapter
from .process import STEP_TIMEOUT_S, AdapterProcess


def adapter_named(
    name: str, model: type[Protocol], step_timeout: float | None = None
) -> AdapterProcess | ForeignAdapter:
    """`path.py:Class` or `module:Class`, or `exec:COMMAND`. Use it with `with`.

    Raises AdapterError.
    """
    limit = step_timeout or STEP_TIMEOUT_S
    if name.startswith(PREFIX):
        return ForeignAdapter(name, model, limit)
    return AdapterProcess(name, limit)
