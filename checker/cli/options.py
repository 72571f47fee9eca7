"""Options that several verbs share: sizes, fault budgets, memory, and the project's defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from quorate.checker.errors import InputError
from quorate.checker.lazily import lazily

if TYPE_CHECKING:
    from quorate.checker.project import reading
else:
    reading = lazily("quorate.checker.project.reading")

F = TypeVar("F", bound=Callable[..., Any])
UNITS = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


class Assignments(click.ParamType[dict[str, int], Any]):
    """`Name=number`, several separated by commas."""

    name = "NAME=N,..."

    def convert(self, value: Any, param: Any, ctx: Any) -> dict[str, int]:
        if isinstance(value, dict):
            return value
        found: dict[str, int] = {}
        for part in value.split(","):
            match = re.fullmatch(r"\s*(\w+)\s*=\s*(-?\d+)\s*", part)
            if match is None:
                self.fail(f"`{part}` is not NAME=NUMBER, as in Acceptor=3", param, ctx)
            if found.setdefault(match[1], n := int(match[2])) != n:
                self.fail(f"{match[1]} is given twice, as {found[match[1]]} and as {n}", param, ctx)
        return found


class Bytes(click.ParamType[int, Any]):
    """An amount of memory such as 8GiB."""

    name = "SIZE"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]iB|B|)", value.strip())
        if match is None or not (amount := int(float(match[1]) * UNITS[match[2]])):
            self.fail(f"`{value}` is not an amount of memory, as in 8GiB or 512MiB", param, ctx)
        return amount


def sizes_option(function: F) -> F:
    """`-s Acceptor=3,Ballot=2`, and `-f crash=1`."""
    sizes = click.option(
        "-s",
        "--sizes",
        type=Assignments(),
        multiple=True,
        help="How many elements each sort has: Acceptor=3,Ballot=2,Value=2.",
    )
    faults = click.option(
        "-f",
        "--faults",
        type=Assignments(),
        multiple=True,
        help="How often each fault may happen: crash=1.",
    )
    return sizes(faults(function))


def protocols(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """For a shell's completion: the bundled protocols, or files."""
    from quorate.checker.loading import BUNDLED

    found = [CompletionItem(name) for name in BUNDLED if name.startswith(begun)]
    return found or [CompletionItem(begun, type="file")]


# Read by `cli.run` itself, from the arguments: errors of usage are in ASCII, too.
ascii_option = click.option(
    "--ascii", is_flag=True, expose_value=False, help="No characters outside ASCII."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, for errors too."
)
step_timeout_option = click.option(
    "--step-timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="A call of --adapter that takes longer has hung. By default 10.",
)


def option_error(message: str) -> NoReturn:
    """A usage error that a verb found in its options."""
    raise click.UsageError(message)


def given_options() -> set[str]:
    """The options on the command line, by their long names, whether their values are defaults."""
    context = click.get_current_context()
    return {
        option.opts[-1]
        for option in context.command.params
        if option.param_type_name == "option"
        and option.name is not None
        and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    }


def merged(given: tuple[dict[str, int], ...]) -> dict[str, int]:
    """Several options as one; a name given twice is an error."""
    found: dict[str, int] = {}
    for part in given:
        for name, n in part.items():
            if found.setdefault(name, n) != n:
                raise click.UsageError(f"{name} is given twice, as {found[name]} and as {n}")
    return found


def with_defaults(given: Mapping[str, int], name: str, wanted: set[str]) -> dict[str, int]:
    """The project's defaults for the names that a protocol has, overridden by what is given."""
    project = reading.find_project(working_directory())
    defaults = {"sizes": project.sizes, "faults": project.faults}[name]
    return {**{k: v for k, v in defaults.items() if k in wanted}, **given}


def working_directory() -> Path:
    """The working directory. Raises InputError where it has been deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise InputError("the working directory does not exist any more") from None
