"""Reading the settings of a project: `quorate.toml`, or [tool.quorate] of its pyproject.toml.

sizes = {Acceptor = 3, Ballot = 2, Value = 2}
faults = {crash = 1}

[[check]]
protocol = "model/paxos.py:Paxos"
prove = true

[[check]]
protocol = "model/paxos.py:ForgetsPromise"
violated = {agreement = 12}
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError

from .listed import ListedCheck, ListedConformance, ListedRefinement, Project
from .toml import Table, TomlFile, read_toml

OWN, PYPROJECT = "quorate.toml", "pyproject.toml"

DEFAULTS = ("sizes", "faults")
LEAST_SIZE, LEAST_FAULT = 1, 0
CHECK = (
    *("name", "protocol", "sizes", "faults", "holds", "violated", "reached", "deadlock"),
    *("symmetry", "por", "threads", "limit", "strict", "prove", "refine", "conform"),
)
REFINE = ("abstract", "mapping", "prove")
CONFORM = ("adapter", "impl", "seconds", "seed", "hidden", "accept", "step_timeout")
MOST_THREADS = 255
SECONDS = 60.0
"""How long an implementation is driven, if nothing else is said."""


def find_project(start: Path) -> Project:
    """The settings of the nearest folder that has a quorate.toml or a pyproject.toml.

    They are empty where no folder has one. Raises InputError.
    """
    for folder in (start, *start.parents):
        own, shared = folder / OWN, folder / PYPROJECT
        if own.is_file():
            if shared.is_file() and _shared(read_toml(shared)).values:
                said = f"{shared}: has [tool.quorate], and there is {OWN} beside it: keep one"
                raise InputError(said, str(shared))
            return read_project(own)
        if shared.is_file():
            return read_project(shared)
    return Project()


def read_project(path: Path) -> Project:
    """The settings in a file: in its table [tool.quorate] if it is a pyproject.toml.

    Raises InputError, with the line of what is wrong.
    """
    file = read_toml(path)
    top = _shared(file) if path.name == PYPROJECT else Table(file, (), file.document)
    top.only((*DEFAULTS, "check"))
    checks = tuple(map(_check, top.tables("check")))
    _unique(file, checks)
    return Project(
        path,
        top.table("sizes").numbers(LEAST_SIZE),
        top.table("faults").numbers(LEAST_FAULT),
        checks,
    )


def _shared(file: TomlFile) -> Table:
    """The table [tool.quorate] of a pyproject.toml; empty if there is none."""
    tools = Table(file, (), file.document).table("tool")
    return replace(tools.table("quorate"), head="[tool.quorate]", path=())


def _check(table: Table) -> ListedCheck:
    table.only(CHECK)
    protocol = table.text("protocol")
    if protocol is None:
        table.missing("protocol", "path.py:Class, module:Class or a bundled name")
    threads = table.number("threads", 1) or 1
    if threads > MOST_THREADS:
        table.wrong("threads", threads, f"at most {MOST_THREADS}")
    violated = _violated(table)
    holds = table.texts("holds")
    if both := sorted(set(holds or ()) & set(violated)):
        table.wrong("holds", both[0], "properties that are not in `violated` as well")
    return ListedCheck(
        name=table.text("name") or protocol.rpartition(":")[2],
        protocol=protocol,
        line=table.file.line(table.keys),
        sizes=table.table("sizes").numbers(LEAST_SIZE),
        faults=table.table("faults").numbers(LEAST_FAULT),
        holds=holds,
        violated=violated,
        reached=table.texts("reached") or (),
        deadlock=table.flag("deadlock") if "deadlock" in table.values else None,
        symmetry=table.flag("symmetry"),
        por=table.flag("por"),
        threads=threads,
        limit=table.number("limit", 1),
        strict=table.flag("strict"),
        prove=table.flag("prove"),
        refine=_refine(table),
        conform=_conform(table),
    )


def _violated(table: Table) -> dict[str, int | None]:
    """The properties that must be violated: a list of names, or a table of names and depths."""
    found: Any = table.values.get("violated", [])
    if isinstance(found, dict):
        depths = table.table("violated")
        return {name: depths.number(name, 0) for name in found}
    return dict.fromkeys(table.texts("violated") or ())


def _refine(table: Table) -> ListedRefinement | None:
    """What it must refine: the name of a protocol, or a table."""
    if "refine" not in table.values:
        return None
    if isinstance(table.values["refine"], str):
        return ListedRefinement(table.text("refine"), None, False)
    inner = table.table("refine")
    inner.only(REFINE)
    return ListedRefinement(inner.text("abstract"), inner.text("mapping"), inner.flag("prove"))


def _conform(table: Table) -> ListedConformance | None:
    """What must conform to it: the name of an adapter, or a table."""
    if "conform" not in table.values:
        return None
    if isinstance(table.values["conform"], str):
        adapter = table.text("conform")
        return ListedConformance(adapter, None, SECONDS, 0, 0, None, None)
    inner = table.table("conform")
    inner.only(CONFORM)
    adapter, variant = inner.text("adapter"), inner.text("impl")
    if adapter is not None and variant is not None:
        inner.wrong("impl", variant, "no variant of the bundled implementation beside `adapter`")
    return ListedConformance(
        adapter,
        variant,
        inner.seconds("seconds") or SECONDS,
        inner.number("seed", 0) or 0,
        inner.number("hidden", 0) or 0,
        inner.text("accept"),
        inner.seconds("step_timeout"),
    )


def _unique(file: TomlFile, checks: tuple[ListedCheck, ...]) -> None:
    """Make sure that each check has a name of its own: its `name`, or the protocol's."""
    names: set[str] = set()
    for check in checks:
        if check.name in names:
            said = f"two checks are called {check.name}: give this one another `name`"
            where = f"{file.path}:{check.line}"
            raise InputError(f"{where}: {said}", str(file.path), check.line)
        names.add(check.name)
