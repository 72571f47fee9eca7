"""Finding the method of a bundled adapter that performs an action: the one named after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quorate.checker.conform.adapter import AdapterError


def step_of(adapter: object, action: str) -> Callable[..., Any]:
    """The method `_action` of an adapter. Raises AdapterError if there is none."""
    step: Callable[..., Any] | None = getattr(adapter, f"_{action}", None)
    if step is None:
        raise AdapterError(f"the bundled adapter has no step `{action}`")
    return step
