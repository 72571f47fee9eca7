"""Performing an action by the method of a bundled adapter that is named after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quorate.checker.conform.adapter import AdapterError, Refusal
from quorate.impl.errors import ImplError


def performed(adapter: object, action: str, args: Mapping[str, Any]) -> Any:
    """What the method `_action` returns. Raises Refusal for what the implementation refuses."""
    step = step_of(adapter, action)
    try:
        return step(*args.values())
    except ImplError as error:
        raise Refusal(f"{type(error).__name__}: {error}") from error


def step_of(adapter: object, action: str) -> Callable[..., Any]:
    """The method `_action` of an adapter. Raises AdapterError if there is none."""
    step: Callable[..., Any] | None = getattr(adapter, f"_{action}", None)
    if step is None:
        raise AdapterError(f"the bundled adapter has no step `{action}`")
    return step
