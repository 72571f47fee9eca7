"""The house: no circle of files, no hidden import, every package installed, no module too long.

Tests have the folders of what they test; what several folders share is in `tests/support/`.
"""

from __future__ import annotations

import ast
import gc
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("model", "impl", "checker", "traces")
LONGEST = 400  # lines

RELATIVE = re.compile(r"^ *from (\.+)([\w.]*) import ", re.MULTILINE)

# Imported where they are used: each costs more than the start of the command line may, or is
# not there on every machine.
HEAVY = {"cvc5", "fcntl", "fsspec", "llvmlite", "networkx", "numba", "pysat", "ray", "rich", "z3"}

# What is still to be undone: whoever undoes it takes the line out.
LONG = {
    "model/proofs/raft_commit.py": "one proof: a companion after another",
    "model/mutants/paxos_roles.py": "a catalogue: one mutant after another",
}

# Class names that two modules define. Each protocol also names its sorts and messages as its paper
# does, and both IRs have the node classes of which both need one: these are not listed.
DEFINED_TWICE = {
    "And": "the connective in the core IR, and in first-order formulas",
    "Answer": "of an implementation, and of a prover",
    "Ask": "by a learner for the value, and by a process for a lease",
    "Begun": "of driving, a run that is gone on with; and that verifying a protocol has begun",
    "Call": "of a helper in a model, and of an action by name",
    "Cluster": "of instances of one action, and of machines that search",
    "ClusterError": "of a cluster that searches, and of one that runs an implementation",
    "Condition": "of a predicate in a model, and what stands in for that of threading",
    "Crash": "in a model, and of a process of an implementation",
    "Event": "of a log, and what stands in for that of threading",
    "FrozenMap": "the same, in the language and in traces, which stand alone",
    "Lock": "of a specification of histories, and what stands in for that of threading",
    "Node": "of a ground formula, and of a cluster that runs an implementation",
    "Or": "the connective in the core IR, and in first-order formulas",
    "Partition": "of the simulated network, and of the real one",
    "Record": "the same, in the language and in traces, which stand alone",
    "Request": "what a command line asks for, and a client of an implementation",
    "Schedule": "of the faults of a simulated run, and of a real one",
    "Send": "in a model, and by a process of an implementation",
    "Term": "of TLA+, and of a leader",
    "Timer": "of a clock, and what stands in for that of threading",
    **dict.fromkeys(
        ("InstallSnapshot", "Membership", "Replica", "Snapshot", "SnapshotRecord"),
        "of Raft, and of Multi-Paxos",
    ),
    **dict.fromkeys(
        ("Proposer", "Acceptor", "Learner", "Composition", "Vote"), "of Paxos, and of Multi-Paxos"
    ),
    **dict.fromkeys(
        (
            "CountsPromisesTwice",
            "CountsVotesTwice",
            "ForgetsPromise",
            "LosesEverything",
            "LosesPromise",
            "LowestBallotWins",
            "PromisesAnything",
            "VotesDespitePromise",
            "VotesWithoutPromising",
        ),
        "a bug of Paxos, and of Multi-Paxos",
    ),
    **dict.fromkeys(
        ("Prepare", "Promise", "Accept", "Accepted", "Nack"), "of Paxos, and of Multi-Paxos"
    ),
}


USERS = ("quorate.checker.cli", "quorate.checker.testing")
"""What stands above the API."""


@cache
def sources() -> dict[str, Path]:
    """Every module of the project by the name that it is imported as."""
    found = {}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            name = ".".join(("quorate", *parts)).removesuffix(".__init__")
            found[name.replace("quorate.checker.api", "quorate")] = file
    return found


def starts_lazily(module: str) -> bool:
    """Whether a module imports its own work only when it is called, so that starting is quick."""
    return module.startswith(USERS) or module in api()


@cache
def api() -> set[str]:
    """The modules that users import as `quorate`."""
    return {m for m, file in sources().items() if file.is_relative_to(ROOT / "checker" / "api")}


def imported(module: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The names of the modules that an import statement loads."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        package = module if sources()[module].name == "__init__.py" else module.rpartition(".")[0]
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base]).rstrip(".")
    for alias in node.names:
        inner = f"{base}.{alias.name}"
        yield inner if inner in sources() else base


def tree(module: str) -> ast.Module:
    """Parsed without looking for garbage meanwhile: a tree has none."""
    gc.disable()
    try:
        return ast.parse(sources()[module].read_text())
    finally:
        gc.enable()


def statements(node: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """All statements, each with whether it is inside a function. No expression is looked at."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, part, ()):
            yield child, inside
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            yield from statements(child, inside or function)


class Facts(NamedTuple):
    """What is asked of a module; its tree is large, and is not kept."""

    imports: set[str]
    inner: set[str]  # what of them is imported inside functions
    classes: list[str]


@cache
def facts(module: str) -> Facts:
    found = Facts(set(), set(), [])
    parsed = tree(module)
    for node, inside in statements(parsed):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = set(imported(module, node))
            found.imports.update(names)
            found.inner.update(names if inside else ())
    found.classes.extend(node.name for node in parsed.body if isinstance(node, ast.ClassDef))
    return found


def imports(module: str) -> set[str]:
    return facts(module).imports


def hidden(module: str) -> set[str]:
    """What a module imports inside its functions, other than heavy libraries."""
    return {name for name in facts(module).inner if name.partition(".")[0] not in HEAVY}


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = {m: (imports(m) - {m}) & sources().keys() for m in sources()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" is imported by ".join(error.args[1]))


def test_functions_import_heavy_libraries_alone() -> None:
    found = {m: names for m in sources() if not starts_lazily(m) and (names := hidden(m))}
    assert not found, found


def test_what_is_loaded_lazily_is_imported_for_type_checkers() -> None:
    """So that layers and circles are those of the program."""
    for module in sources():
        if "lazily(" in sources()[module].read_text():
            calls = [n for n in ast.walk(tree(module)) if isinstance(n, ast.Call)]
            lazy = [n.args[0] for n in calls if getattr(n.func, "id", None) == "lazily"]
            names = {n.value for n in lazy if isinstance(n, ast.Constant)}
            assert names <= imports(module), module


def test_every_package_is_installed() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages = {m for m, file in sources().items() if file.name == "__init__.py"}
    assert set(setup["packages"]) == packages


def test_nothing_below_the_api_imports_it() -> None:
    above = {m for m in sources() if m.startswith(USERS)} | api()
    functions = api() - {"quorate.errors", "quorate._spelling"}
    users = {m: found for m in sources() if (found := functions & imports(m))}
    assert users.keys() <= above, users


@pytest.mark.parametrize("module", ["quorate.errors", "quorate._spelling"])
def test_what_every_layer_uses_imports_nothing(module: str) -> None:
    names = {m.partition(".")[0] for m in imports(module)}
    assert "quorate" not in names


def test_what_a_name_may_have_meant_is_asked_in_one_place() -> None:
    asking = {m for m, file in sources().items() if "get_close_matches" in file.read_text()}
    assert asking == {"quorate._spelling"}


def test_the_process_of_an_adapter_starts_without_the_language() -> None:
    """Reading models is most of what the checker imports, and an adapter need not read any."""
    needed, new = set[str](), {"quorate.checker.conform.adapters.child"}
    while new:
        needed |= new
        new = {name for m in new for name in imports(m) & sources().keys()} - needed
    assert not {m for m in needed if m.startswith("quorate.model")}


def test_modules_are_short() -> None:
    long = {
        str(file.relative_to(ROOT))
        for file in sources().values()
        if file.read_text().count("\n") > LONGEST
    }
    assert long == LONG.keys()


def test_a_class_name_has_one_meaning() -> None:
    irs = {"quorate.model.language.ir.core", "quorate.model.language.ir.surface"}
    found: dict[str, set[str]] = {}
    for module in sources():
        protocols = module.startswith("quorate.model.") and ".language" not in module
        for name in facts(module).classes:
            if not (protocols or name.startswith("_")):
                found.setdefault(name, set()).add("an IR" if module in irs else module)
    twice = {name: modules for name, modules in found.items() if len(modules) > 1}
    assert twice.keys() == DEFINED_TWICE.keys(), twice


def test_tests_share_what_is_in_support() -> None:
    """A test imports helpers of its own folder and those of `support`; of tests, none."""
    tests, support = ROOT / "tests", ROOT / "tests" / "support"
    for file in sorted(tests.rglob("*.py")):
        if file.is_relative_to(tests / "cases"):
            continue
        for dots, module in RELATIVE.findall(file.read_text()):
            found = file.parents[len(dots) - 1].joinpath(*filter(None, module.split(".")))
            near = found.is_relative_to(file.parent) or found.is_relative_to(support)
            assert near, f"{file.relative_to(ROOT)}: from {dots}{module}"
