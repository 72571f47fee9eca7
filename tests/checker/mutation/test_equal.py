"""That a mutant takes the steps of its protocol: found at one size or proved for all, it is so.

CPython takes the steps of both, in every state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import pytest

from quorate.checker.mutation.any_size import ProvedSteps, invariants_proved, steps_proved
from quorate.checker.mutation.building import ALL_OPERATORS, Candidate, changes
from quorate.checker.mutation.trying import MutationTask, SearchedProtocol
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, StepError
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.paxos import Paxos
from quorate.model.raft import Raft
from quorate.model.raft_election import RaftElection

from ...support.strategies import generate, loaded, sized
from ...support.strategies.protocols import generate_asking, generate_start
from ...support.strategies.types import Source
from .locks import Later, Lock

LIMIT = 1_500
Edges = set[tuple[State | None, State]]


class TooLargeError(Exception):
    """There are more states than a test looks at."""


def _graph(protocol: type[Protocol], sizes: Sizes) -> Edges | None:
    """The initial states, and the steps that change something; None if something is undefined."""
    own = protocol.sized(sizes.faults, **sizes)  # it may have a quorum system of its own
    with own:
        interpreter = Interpreter(protocol, own)
        try:
            pending = list(dict.fromkeys(interpreter.initial()))
            edges: Edges = {(None, s) for s in pending}
            seen = set(pending)
            for state in pending:
                for _, _, after in interpreter.successors(state):
                    if after != state:
                        edges.add((state, after))
                    if after not in seen:
                        seen.add(after)
                        pending.append(after)
                if len(seen) > LIMIT:
                    raise TooLargeError
        except StepError:
            return None
    return edges


def _mutants(protocol: type[Protocol], step: int = 1) -> list[tuple[Candidate, type[Protocol]]]:
    found = []
    for change in changes(protocol)[::step]:
        try:
            mutant = change.build()
            describe(mutant)
        except (ModelError, SyntaxError):
            continue
        found.append((change, mutant))
    return found


def _found(protocol: type[Protocol], sizes: Sizes, step: int = 1) -> int:
    """Compare what is found at these sizes with the graphs; for how many mutants it is the same."""
    task = MutationTask("", tuple(sizes.items()), tuple(sizes.faults.items()), ALL_OPERATORS, LIMIT)
    original, expected = SearchedProtocol(protocol, task), _graph(protocol, sizes)
    if expected is None or not original.exploration.complete:
        return 0
    same = 0
    for change, mutant in _mutants(protocol, step):
        found = SearchedProtocol(mutant, task, like=original)
        if found.exploration is original.exploration:
            same += 1
            assert _graph(mutant, sizes) == expected, change.edit
    return same


def _proved(
    protocol: type[Protocol], *several: Sizes, step: int = 1, known: Sequence[str] = ()
) -> Counter[ProvedSteps]:
    """Compare what is proved with the graphs at these sizes; what was proved of the mutants."""
    original = describe(protocol)
    graphs = [_graph(protocol, sizes) for sizes in several]
    proved: Counter[ProvedSteps] = Counter()
    for change, mutant in _mutants(protocol, step):
        answer = steps_proved(original, describe(mutant), known)
        proved[answer] += 1
        for sizes, expected in zip(several, graphs, strict=True):
            if answer is ProvedSteps.OPEN or expected is None:
                continue
            graph = _graph(mutant, sizes)
            assert graph is not None, change.edit
            assert graph <= expected, change.edit
            assert answer is ProvedSteps.NONE_NEW or graph == expected, change.edit
    return proved


@pytest.mark.parametrize(
    ("protocol", "sizes", "step", "least"),
    [
        (Lock, {"Node": 2, "Term": 1}, 1, 3),
        pytest.param(Later, {"Node": 2, "Term": 2}, 1, 1, marks=pytest.mark.exhaustive),
        pytest.param(
            Paxos, {"Acceptor": 2, "Ballot": 2, "Value": 1}, 1, 2, marks=pytest.mark.exhaustive
        ),
        pytest.param(
            RaftElection,
            {"Server": 2, "Term": 1, "Value": 1, "Index": 0},
            1,
            3,
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_found(protocol: type[Protocol], sizes: dict[str, int], step: int, least: int) -> None:
    assert _found(protocol, protocol.sized(**sizes), step) >= least


@pytest.mark.parametrize(
    ("protocol", "several", "step", "least"),
    [
        (Lock, [{"Node": 2, "Term": 1}, {"Node": 1, "Term": 2}], 3, 1),
        pytest.param(
            Lock,
            [{"Node": 2, "Term": 2}, {"Node": 3, "Term": 1}],
            1,
            2,
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(Later, [{"Node": 2, "Term": 2}], 1, 1, marks=pytest.mark.exhaustive),
        pytest.param(
            Paxos,
            [{"Acceptor": 2, "Ballot": 2, "Value": 1}, {"Acceptor": 1, "Ballot": 2, "Value": 2}],
            1,
            3,
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            Raft,
            [
                {"Server": 1, "Term": 1, "Value": 1, "Index": 1},
                {"Server": 2, "Term": 1, "Value": 1, "Index": 0},
            ],
            1,
            3,
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_proved(
    protocol: type[Protocol], several: list[dict[str, int]], step: int, least: int
) -> None:
    known = invariants_proved(protocol)
    bounds = [protocol.sized(**sizes) for sizes in several]
    proved = _proved(protocol, *bounds, step=step, known=known)
    assert proved[ProvedSteps.SAME] + proved[ProvedSteps.NONE_NEW] >= least


@pytest.mark.parametrize("check", [_found, _proved])
@pytest.mark.parametrize(
    ("kind", "protocols", "most"),
    [
        pytest.param(generate, 1, 2, id="few"),
        pytest.param(generate, 10, 12, marks=pytest.mark.exhaustive),
        pytest.param(generate_asking, 10, 12, marks=pytest.mark.exhaustive),
        pytest.param(generate_start, 10, 12, marks=pytest.mark.exhaustive),
    ],
)
def test_generated_protocols(
    kind: Callable[..., Source], protocols: int, most: int, check: Callable[..., object]
) -> None:
    """Of generated protocols, some mutants, until it was true of one in so many protocols."""
    done, seed = 0, 0
    while done < protocols:
        source = kind(Random(seed))
        seed += 1
        with loaded(source) as protocol:
            try:
                number = len(changes(protocol))
                result = check(protocol, sized(protocol, source), step=1 + number // most)
            except (ModelError, SizeError, TooLargeError):
                continue  # no protocol, or a search of it is too large
            if isinstance(result, Counter):
                result = result[ProvedSteps.SAME] + result[ProvedSteps.NONE_NEW]
            done += bool(result)
