"""What a mistyped verb, option or choice may have meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

import click

ONE_OF = re.compile(r"'(.*)' is not one of ", re.DOTALL)


def with_suggestion(error: click.ClickException) -> click.ClickException:
    """A usage error that says what was probably meant, as one name."""
    match error:
        case click.NoSuchOption():  # click names up to three, in the order of the alphabet
            known = error.ctx.command.get_params(error.ctx) if error.ctx is not None else ()
            names = {name.lstrip("-"): name for p in known for name in p.opts}
            near = _meant(error.option_name.lstrip("-"), names, names.get)
            return click.UsageError(f"{error.message.removesuffix('.')}{near}", error.ctx)
        case click.BadParameter(param=click.Parameter(type=click.Choice(choices=choices))):
            if found := ONE_OF.match(error.message):
                said = error.message.removesuffix(".") + _meant(found[1], choices)
                return click.BadParameter(said, error.ctx, error.param, error.param_hint)
    return error


def unknown_verb(name: str, verbs: Iterable[str]) -> str:
    """The message for a verb that there is none of; a protocol may be meant to be checked."""
    protocol = name[:1].isupper() or name.endswith(".py") or ":" in name
    near = f"; did you mean check {name}?" if protocol else _meant(name, verbs)
    return f"No such command '{name}'{near}"


def _meant(given: str, known: Iterable[str], shown: Callable[[str], str | None] = str) -> str:
    near = difflib.get_close_matches(given, list(known), 1)
    return f"; did you mean {shown(near[0])}?" if near else ""
