"""What a mistyped verb, option or choice may have meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import click

from quorate._spelling import nearest

ONE_OF = re.compile(r"'(.*)' is not one of ", re.DOTALL)


def with_suggestion(error: click.ClickException) -> click.ClickException:
    """A usage error that says what was probably meant, as one name."""
    match error:
        case click.NoSuchOption():  # click names up to three, in the order of the alphabet
            known = error.ctx.command.get_params(error.ctx) if error.ctx is not None else ()
            names = {o[2:]: o for p in known for o in p.opts if o.startswith("--")}
            near = _meant(error.option_name.lstrip("-"), names, names.get)
            return click.UsageError(f"{error.message.removesuffix('.')}{near}", error.ctx)
        case click.BadParameter(param=click.Parameter(type=click.Choice(choices=choices))):
            if found := ONE_OF.match(error.message):
                said = error.message.removesuffix(".") + _meant(found[1], choices)
                return click.BadParameter(said, error.ctx, error.param, error.param_hint)
    return error


def unknown_verb(name: str, verbs: Iterable[str]) -> str:
    """The message for a verb that there is none of; a protocol may be meant to be checked."""
    known = {**dict.fromkeys(verbs), "help": "--help"}
    protocol = name[:1].isupper() or name.endswith(".py") or ":" in name
    if protocol and name.lower() not in known:
        return f"No such command '{name}'; did you mean check {name}?"
    return f"No such command '{name}'{_meant(name, known, lambda verb: known[verb] or verb)}"


def _meant(given: str, known: Iterable[str], shown: Callable[[str], str | None] = str) -> str:
    near = nearest(given, known)
    return "" if near is None else f"; did you mean {shown(near)}?"
