"""Depth-first, best-first and random searches: what they find is real, what they miss is said."""

from __future__ import annotations

import ctypes
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given

from quorate.checker.cli.main import run
from quorate.checker.explore.codegen.assembly import Module
from quorate.checker.explore.codegen.machine_code import MachineCode as Compiled
from quorate.checker.explore.compiled import CompiledModel
from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.explore.search.directed import search as searching
from quorate.checker.explore.search.directed.heuristic import add_distance
from quorate.checker.explore.search.directed.search import Directed
from quorate.checker.explore.search.directed.shrink import shrunk
from quorate.checker.explore.search.directed.walks import Walks
from quorate.checker.results import Exploration, Finding, Move, Outcome
from quorate.model.language import ModelError, Protocol, SizeError, StepError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.mutants import KILLED, MUTANTS
from quorate.model.paxos import Paxos

from ...support.examples import share
from ...support.strategies import Source, loaded, sized, sources

SMALL = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
MOST = 800  # states of a generated protocol that plain Python walks through


pytestmark = pytest.mark.usefixtures("own_cache")


def levels(protocol: type[Protocol], sizes: Sizes) -> tuple[list[int], int | None, Outcome]:
    """How many states have each distance, the least distance of one that violates, and how a
    search ends where there is none.
    """
    with sizes:
        machine = Interpreter(protocol, sizes)
        invariants = list(protocol.methods("invariant"))

        def bad(state: State) -> bool:
            return not all(machine.holds(i, state) for i in invariants)

        level = list(dict.fromkeys(machine.initial()))
        seen, counts = set(level), []
        violated: int | None = None
        whole = Outcome.HOLDS
        while level:
            counts.append(len(level))
            if violated is None and any(map(bad, level)):
                violated = len(counts) - 1
            new: dict[State, None] = {}
            for state in level:
                if not machine.within(state):
                    whole = Outcome.WITHIN
                    continue
                for _, _, after in machine.successors(state):
                    if after not in seen:
                        seen.add(after)
                        new[after] = None
            level = list(new)
            if len(seen) > MOST:
                raise SizeError("too many states for a test")
        return counts, violated, whole


def real(protocol: type[Protocol], sizes: Sizes, found: Exploration) -> None:
    """The counterexample is one, and none of its steps can be left out."""
    assert found.violated is not None and found.initial is not None
    with sizes:
        machine = Interpreter(protocol, sizes)
        assert found.initial in set(machine.initial())
        assert ends_badly(machine, found.initial, found.path, found.violated)
        state = found.initial
        for move in found.path:
            assert machine.step(state, move.action, move.arguments) == move.state
            state = move.state
        for i in range(len(found.path) if len(found.path) > 1 else 0):
            rest = (*found.path[:i], *found.path[i + 1 :])
            assert not ends_badly(machine, found.initial, rest, found.violated)


def ends_badly(machine: Interpreter, state: State, path: tuple[Move, ...], invariant: str) -> bool:
    for move in path:
        state = machine.step(state, move.action, move.arguments) or state
    return not machine.holds(invariant, state)


def agree(protocol: type[Protocol], sizes: Sizes) -> str:
    """Every search against plain Python, level by level."""
    counts, violated, whole = levels(protocol, sizes)
    model = CompiledModel(protocol, sizes)
    for towards in (False, True):
        found = Directed(model, towards).run()
        if found.outcome is Outcome.UNDEFINED:  # the kernel is stricter than Python
            return "undefined"
        if violated is not None:
            assert found.outcome is Outcome.VIOLATED
            real(protocol, sizes, found)
        else:
            assert (found.outcome, found.states) == (whole, sum(counts))
            assert found.transitions == explore(protocol, sizes).transitions
            assert found.partial is None
    for bound in {1, len(counts) // 2 + 1, len(counts)}:
        found = Directed(model, depth=bound).run()
        if violated is not None and violated <= bound:
            assert found.outcome is Outcome.VIOLATED and found.depth <= bound
        elif violated is None:
            assert found.states == sum(counts[: bound + 1])
            left = counts[bound] if bound < len(counts) else 0
            assert found.outcome is (Outcome.BOUND if left else whole)
            assert found.waiting == left and (found.partial is not None) == bool(left)
    walked = Walks(model, 50, len(counts) + 3).run()
    if walked.outcome is Outcome.VIOLATED:
        assert violated is not None and walked.depth >= 0
        real(protocol, sizes, walked)
    else:
        assert walked.outcome is (Outcome.BOUND if counts else Outcome.HOLDS)
        assert violated != 0
    return "violated" if violated is not None else "holds"


@given(sources())
@share(4)
def test_searches_agree_with_python(source: Source) -> None:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            event(agree(protocol, sized(protocol, source)))
        except (ModelError, SizeError, StepError):
            event("rejected")


def test_generated_protocols_reach_both_verdicts() -> None:
    from random import Random

    from ...support.strategies import generate

    fates: Counter[str] = Counter()
    for seed in range(20):  # as many as it takes
        if fates["violated"] >= 3 and fates["holds"] >= 3:
            break
        source = generate(Random(seed))
        with loaded(source) as protocol:
            try:
                describe(protocol)
                fates[agree(protocol, sized(protocol, source))] += 1
            except (ModelError, SizeError, StepError):
                fates["rejected"] += 1
    assert fates["violated"] >= 3 and fates["holds"] >= 3, fates


def test_exhausted_paxos_and_its_orbits() -> None:
    for symmetry in (False, True):
        whole = explore(Paxos, SMALL, symmetry=symmetry)
        for towards in (False, True):
            found = Directed(CompiledModel(Paxos, SMALL, symmetry=symmetry), towards).run()
            assert (found.outcome, found.states) == (Outcome.HOLDS, whole.states)
            assert found.transitions == whole.transitions and found.reached == whole.reached
            assert found.full_states == whole.full_states == 3_921


SLOW = ("own-value", "promise-anyway", "no-phase1")


@pytest.mark.parametrize(
    "name",
    ["forgets-vote", *(pytest.param(name, marks=pytest.mark.exhaustive) for name in SLOW)],
)
@pytest.mark.parametrize("symmetry", [False, True])
def test_mutants_are_found(name: str, symmetry: bool) -> None:
    mutant = MUTANTS[name]
    assert mutant.verdict == KILLED and mutant.violates is not None
    sizes = mutant.protocol.sized(dict(mutant.faults) or None, **mutant.sizes)
    model = CompiledModel(mutant.protocol, sizes, frozenset({mutant.violates}), symmetry)
    for found in (Directed(model, True).run(), Directed(model, depth=30).run()):
        assert found.violated == mutant.violates
        real(mutant.protocol, sizes, found)


def test_limits_are_kept_and_said() -> None:
    sizes = Paxos.sized(Acceptor=3, Ballot=3, Value=2)
    model = CompiledModel(Paxos, sizes)
    found = Directed(model, True, limit=1_000).run()
    assert (found.outcome, found.states) == (Outcome.LIMIT, 1_000)
    assert found.partial is not None and f"{found.waiting:,}" in found.partial
    found = Directed(model, memory=70_000 * searching.bytes_per_state(1)).run()
    assert found.outcome is Outcome.OUT_OF_MEMORY and found.waiting > 0


def test_walks_follow_from_their_seed() -> None:
    model = CompiledModel(Paxos, SMALL)
    one, same, other = (Walks(model, 100, 30, seed).run() for seed in (1, 1, 2))
    assert one.transitions == same.transitions != other.transitions
    assert one.outcome is Outcome.BOUND and one.partial is not None and "seed 1" in one.partial
    assert one.states == 0


def test_distance_is_zero_exactly_where_an_invariant_is_violated() -> None:
    mutant = MUTANTS["forgets-vote"]
    sizes = mutant.protocol.sized(dict(mutant.faults) or None, **mutant.sizes)
    model = CompiledModel(mutant.protocol, sizes)
    run = explore(mutant.protocol, sizes)
    kernel = model.kernel
    module = Module()
    add_distance(module, kernel.layout.graph, kernel.words, kernel.source.violations(), 1_000)
    compiled = Compiled(module)

    kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
    distance = kind(compiled.address("distance"))
    label = np.zeros(1, np.uint32)
    seen: Counter[bool] = Counter()
    with sizes:
        along = [*model.interpreter.initial(), *(move.state for move in run.path)]
        beside = {t for s in along for _, _, t in model.interpreter.successors(s)}
        for state in {*along, *beside}:
            words = model.packing.pack(state)
            far = distance(words.ctypes.data, label.ctypes.data)
            violated = bool(model.confirm.bits(state) & kernel.bad)
            assert (far == 0) == violated
            seen[violated] += 1
    assert len(seen) == 2, seen


def test_shrinking_keeps_what_is_needed() -> None:
    mutant = MUTANTS["no-phase1"]
    assert mutant.violates is not None
    sizes = mutant.protocol.sized(dict(mutant.faults) or None, **mutant.sizes)
    found = explore(mutant.protocol, sizes, invariants=frozenset({mutant.violates}))
    assert found.initial is not None
    with sizes:
        machine = Interpreter(mutant.protocol, sizes)
        # Steps without use: the same messages sent once more.
        padded = tuple(m for move in found.path for m in (move, move))
        short = shrunk(machine, Finding(found.initial, padded, mutant.violates))
    assert (short.violated, len(short.path)) == (mutant.violates, len(found.path))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--search", "random", "--symmetry"], "--search random does not take --symmetry"),
        (["--search", "best-first", "--bmc", "3"], "--bmc and --search best-first are two ways"),
        (["--depth", "3"], "--search breadth-first does not take --depth"),
        (["--search", "depth-first", "--seed", "3"], "--search depth-first does not take --seed"),
        (["--search", "sideways"], "'sideways' is not one of"),
        (["--search", "random", "--walks", "0"], "0 is not in the range"),
    ],
)
def test_wrong_options(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = run(["check", "Paxos", "-s", "Acceptor=3,Ballot=2,Value=2", *options])
    error = capsys.readouterr().err
    assert code == 2 and said in error and "Traceback" not in error


def test_no_bare_pass(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["check", "Paxos", "-s", "Acceptor=3,Ballot=2,Value=2"]
    assert run([*small, "--search", "random", "--walks", "50"]) == 4
    assert "states off these walks were not visited" in capsys.readouterr().out
    assert run([*small, "--search", "depth-first", "--depth", "5"]) == 4
    assert "states at depth 5 were not expanded" in capsys.readouterr().out
    assert run([*small, "-i", "agreement"]) == 0
    assert "1 invariant holds: agreement" in capsys.readouterr().out
    assert run([*small, "--search", "depth-first"]) == 0
    assert "all reachable states: 3,921 states" in capsys.readouterr().out
