"""A module means what the class means: an interpreter of its text finds the same states."""

from __future__ import annotations

import pytest
from hypothesis import event, given

from quorate.checker.errors import InputError
from quorate.checker.export.tla import export
from quorate.checker.loading import load_protocol
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, StepError
from quorate.model.language.description import describe
from quorate.model.mutants import MUTANTS

from ...support.comparing.modules import reference, spec_of
from ...support.earlier import Earlier, Parts
from ...support.examples import share
from ...support.strategies import Source, loaded, sized, sources
from ...support.tla.values import TlaError
from .awkward import Integers
from .constructs import Ambiguous, Constructs, TwoChoices, TwoRounds

BUNDLED = [
    ("Paxos", {"Acceptor": 2, "Value": 2, "Ballot": 2}, {}, 145),
    (
        "PaxosRoles",
        {"Proposer": 1, "Acceptor": 2, "Learner": 1, "Value": 1, "Ballot": 1},
        {"crash": 0},
        33,
    ),
    ("TwoPhaseCommit", {"Coordinator": 1, "Participant": 2}, {"crash": 0}, 184),
    ("Raft", {"Server": 2, "Value": 1, "Term": 1, "Index": 1}, {"crash": 0}, 148),
    (
        "MultiPaxos",
        {"Proposer": 1, "Acceptor": 2, "Slot": 2, "Value": 1, "Ballot": 1},
        {"crash": 1},
        88,
    ),
]

LARGER = [
    ("Paxos", {"Acceptor": 3, "Value": 2, "Ballot": 2}, {}, 3921),
    (
        "PaxosRoles",
        {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 1},
        {"crash": 0},
        1057,
    ),
    ("TwoPhaseCommit", {"Coordinator": 1, "Participant": 2}, {"crash": 1}, 557),
    ("Raft", {"Server": 2, "Value": 1, "Term": 1, "Index": 1}, {"crash": 1}, 782),
]


@pytest.mark.parametrize(
    ("name", "sizes", "faults", "count"),
    [
        *(pytest.param(*b, id=b[0]) for b in BUNDLED),
        *(pytest.param(*b, id=f"{b[0]}-{b[3]}", marks=pytest.mark.exhaustive) for b in LARGER),
    ],
)
def test_bundled(name: str, sizes: dict[str, int], faults: dict[str, int], count: int) -> None:
    protocol = load_protocol(name)
    # The invariants of Paxos cost more than its steps: look at them in some states.
    counts, violated = spec_of(protocol, protocol.sized(faults, **sizes)).explore(every=50)
    assert (sum(counts), violated) == (count, set())


def same(protocol: type[Protocol], **sizes: int) -> set[str]:
    """Check that both find the same; returns the invariants that are violated."""
    configuration = protocol.sized(**sizes)
    expected = reference(protocol, configuration, 10_000)
    found = spec_of(protocol, configuration).explore()
    assert found == expected
    assert sum(found[0]) > 1
    return found[1]


@pytest.mark.exhaustive
def test_mutant_violates_the_same() -> None:
    assert "consistency" in same(MUTANTS["breaks-vote"].protocol, Coordinator=1, Participant=2)


# ---------------------------------------------------------------- generated protocols


def agree(source: Source) -> str:
    """Compare one generated protocol; returns what became of it."""
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
            expected = reference(protocol, sizes, 100)
        except (ModelError, SizeError):
            return "rejected"
        except StepError:
            return check_undefined(protocol, sizes)
        try:
            spec = spec_of(protocol, sizes)
        except InputError:
            return "refused"  # an @init that may read what is not there
        if expected is None:
            return "large"
        assert spec.explore(300) == expected
        return "same"


def check_undefined(protocol: type[Protocol], sizes: Sizes) -> str:
    """Where CPython finds no value, TLC must stop or see an invariant violated.

    A local name that nothing looks at is the exception: in TLA+ it need not have a value.
    """
    try:
        _, violated = spec_of(protocol, sizes).explore(1000)
    except (TlaError, InputError):
        return "undefined"
    if not violated & {"TypeOK", "KeysAreUnique"}:
        event("undefined, but not looked at")
    return "undefined"


@given(sources())
@share(4)
def test_generated_protocols(source: Source) -> None:
    event(agree(source))


# ---------------------------------------------------------------- what the bundled do not use


@pytest.mark.exhaustive  # the generated protocols have such reads, too
def test_reads_of_what_the_step_wrote() -> None:
    assert same(Earlier, P=2, N=1) == {"is_not_noted"}


def test_parts_of_records() -> None:
    assert same(Parts, P=2, N=1) == set()


def test_constructs() -> None:
    assert same(Constructs, Node=3, Color=1, Step=1, Epoch=1, Era=2, Count=1) == {"few"}


def test_names_that_are_taken() -> None:
    """Names that TLA+ needs itself, or cannot write, mean what they did; so does a sequence."""
    sizes = Integers.sized(VIEW=2, Naïve=1, Seq_=1, Count=1)
    expected = reference(Integers, sizes, 10_000)
    counts, violated = spec_of(Integers, sizes).explore()
    assert expected == (counts, {"ALIAS", "PROPERTY", "_chosen"})
    assert violated == {"ALIAS_", "PROPERTY_", "chosen"}
    assert sum(counts) == 105


def test_a_choice_that_is_none() -> None:
    """Two rounds of a loop write one cell: CPython takes the last, TLC must not take any."""
    sizes = Ambiguous.sized(Node=2)
    with pytest.raises(TlaError, match="CHOOSE"):
        spec_of(Ambiguous, sizes).explore()


def test_what_has_no_form() -> None:
    with pytest.raises(InputError, match=r"constructs\.py:\d+.*rounds write the same cell"):
        export(TwoRounds, TwoRounds.sized(Node=2, Era=2))
    with pytest.raises(InputError, match=r"constructs\.py:\d+.*@init that builds on another"):
        export(TwoChoices, TwoChoices.sized(Node=2))


def test_sizes_that_are_needed() -> None:
    with pytest.raises(SizeError, match="say -s Node="):
        export(Constructs, None)
