"""SPIN's opinion of fair runs: random graphs as Promela, and fairness as a premise in LTL.

SPIN knows weak fairness of processes alone. So the graph is one process, which may stutter, and
what is fair about it is part of the formula: a run that is fair has the property.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from ...support.fair_runs import Runs
from .graphs import found, random_runs

SPIN, CC = shutil.which("spin"), shutil.which("gcc") or shutil.which("clang")
FORMULAS = {
    "eventually": "<> {0}",
    "always_eventually": "[] <> {0}",
    "eventually_always": "<> [] {0}",
    "leads_to": "[] ({0} -> <> {1})",
}


def among(states: Iterable[int]) -> str:
    return "(" + " || ".join(["false", *(f"at == {k}" for k in states)]) + ")"


def promela(runs: Runs, where: list[set[int]]) -> str:
    """The graph as one process: where it is `at`, and what was `taken` to get there."""
    units = [None, *sorted(runs.weak | runs.strong)]
    number = {u: i for i, u in enumerate(units)}
    steps = "".join(
        f"  :: d_step {{ at == {e.source} -> at = {e.target}; taken = {number.get(e.unit, 0)} }}\n"
        for e in runs.edges
        if e.source != e.target
    )
    fair = ["true"]
    for u in units[1:]:
        enabled = among(k for k in range(runs.states) if u in runs.enabled(k))
        taken = f"taken == {number[u]}"
        if u in runs.weak:
            fair.append(f"([] <> (!{enabled} || {taken}))")
        else:
            fair.append(f"(([] <> {enabled}) -> ([] <> ({taken})))")
    sets = [among(w) for w in where]
    claims = "".join(
        f"ltl {kind} {{ ({' && '.join(fair)}) -> ({formula.format(*sets)}) }}\n"
        for kind, formula in FORMULAS.items()
    )
    stays = "  :: d_step { true -> taken = 0 }\n"
    body = f"active proctype graph() {{\n  do\n{steps}{stays}  od\n}}\n"
    return f"byte at = 0, taken = 0;\n{body}{claims}"


def violated(runs: Runs, where: list[set[int]], folder: Path) -> dict[str, bool]:
    """For each kind of property whether SPIN finds a run that violates it."""
    (folder / "graph.pml").write_text(promela(runs, where))
    assert SPIN and CC
    for command in ([SPIN, "-a", "graph.pml"], [CC, "-O0", "-w", "-o", "pan", "pan.c"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    result = {}
    for kind in FORMULAS:
        command = [str(folder / "pan"), "-a", "-N", kind]
        said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        errors = re.search(r"errors: (\d+)", said.stdout)
        assert errors is not None and "max search depth too small" not in said.stdout, said.stdout
        result[kind] = errors[1] != "0"
    return result


@pytest.mark.exhaustive
@pytest.mark.skipif(not (SPIN and CC), reason="there is no SPIN, or no C compiler")
def test_spin_says_the_same(tmp_path: Path) -> None:
    verdicts = set()
    for seed in range(500, 530):
        runs, r = random_runs(seed, most=5), Random(seed)
        if len(runs.weak | runs.strong) > 1:  # SPIN takes minutes to read what that comes to
            continue
        where = [{k for k in range(runs.states) if r.random() < 0.4} for _ in range(2)]
        for kind, answer in violated(runs, where, tmp_path).items():
            held = where if kind == "leads_to" else where[:1]
            assert (found(runs, kind, *held) is not None) == answer, (seed, kind)
            verdicts.add((kind, answer))
    assert verdicts == {(kind, answer) for kind in FORMULAS for answer in (True, False)}
