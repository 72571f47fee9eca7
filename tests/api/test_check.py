"""`import quorate`: checking a protocol, and what its result says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.model.language import SizeError
from quorate.model.paxos import Paxos

from ..support.protocols.runs import Pings
from .schema import valid

SMALL = {"Acceptor": 3, "Ballot": 2, "Value": 2}
TINY = {"Acceptor": 2, "Ballot": 1, "Value": 1}
CASES = Path(__file__).parents[1] / "cases" / "models"
CLIMB = str(Path(__file__).parents[1] / "checker" / "cli" / "climb.py")


def test_paxos_holds() -> None:
    result = quorate.check(Paxos, sizes=SMALL)
    assert result.holds and result.violation is None and result.trace is None
    assert (result.states, result.exploration.depth) == (3_921, 16)
    result.raise_for_violation()


def test_threads_and_symmetry() -> None:
    result = quorate.check(
        Paxos, sizes=SMALL, search=quorate.BreadthFirst(threads=2), symmetry=True
    )
    assert result.exploration.full_states == 3_921 and result.states == 443


@pytest.mark.parametrize(
    "search",
    [
        quorate.BreadthFirst(),
        quorate.BreadthFirst(storage=quorate.InMemory()),
        quorate.DepthFirst(),
        quorate.BestFirst(),
        quorate.Reference(),
        quorate.BoundedModelChecking(steps=4),
        quorate.RandomWalks(walks=200),
    ],
    ids=lambda s: type(s).__name__,
)
def test_every_search_finds_the_violation(search: quorate.BreadthFirst) -> None:
    result = quorate.check(CLIMB, sizes={"Step": 5, "Side": 2}, search=search)
    assert not result.holds and result.exploration.violated == "low"
    assert result.trace is not None and result.trace.violation is not None
    with pytest.raises(quorate.ViolationError, match="low is violated after") as raised:
        result.raise_for_violation()
    assert raised.value.result is result


def test_induction() -> None:
    search = quorate.KInduction(most=6)
    assert quorate.check(CLIMB, sizes={"Step": 3, "Side": 2}, search=search).holds
    refuted = quorate.check(CLIMB, sizes={"Step": 5, "Side": 2}, search=search)
    assert not refuted.holds and refuted.violation == "low is violated after 4 steps"


def test_a_result_of_nothing_does_not_hold() -> None:
    result = quorate.check(str(CASES / "no_invariant.py"), sizes={"P": 2})
    assert not result.holds and result.violation is None
    assert any("nothing is claimed" in w for w in result.warnings)


def test_what_is_undefined_is_a_violation() -> None:
    result = quorate.check(f"{CASES / 'undefined_step.py'}:Up", sizes={"N": 2})
    assert not result.holds
    with pytest.raises(quorate.ViolationError, match="the model is undefined"):
        result.raise_for_violation()


def test_a_result_prints_itself() -> None:
    result = quorate.check(CLIMB, sizes={"Step": 5, "Side": 2})
    shown = repr(result)
    assert shown.startswith("Climb  Side=2, Step=5, slip=0\n✗ low is violated: ")
    assert result._repr_html_().startswith("<pre>Climb  Side=2")


def test_json_is_as_the_schema_says() -> None:
    for search in (quorate.BreadthFirst(), quorate.KInduction(most=2)):
        result = quorate.check(CLIMB, sizes={"Step": 5, "Side": 2}, search=search)
        valid("check", 1, result.to_json())


def test_the_graph_of_all_states() -> None:
    graph = quorate.check(Paxos, sizes=TINY).graph().to_networkx()
    assert graph.number_of_nodes() == quorate.check(Paxos, sizes=TINY).states


@pytest.mark.parametrize(
    "result",
    [
        lambda: quorate.check(Paxos, sizes=TINY, symmetry=True),
        lambda: quorate.check(Paxos, sizes=TINY, search=quorate.BreadthFirst(por=True)),
        lambda: quorate.check(Paxos, sizes=TINY, search=quorate.Reference()),
    ],
)
def test_a_search_that_leaves_states_out_has_no_graph(result: object) -> None:
    with pytest.raises(InputError, match="a state graph is of all states"):
        result().graph()  # type: ignore[operator]


def test_what_does_not_go_together_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        quorate.RandomWalks(threads=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        quorate.Spill(every=3)  # type: ignore[call-arg]
    with pytest.raises(InputError, match="Reference takes no symmetry"):
        quorate.check(Paxos, sizes=TINY, search=quorate.Reference(), symmetry=True)  # type: ignore[call-overload]


def test_mistakes_are_raised() -> None:
    with pytest.raises(SizeError):
        quorate.check(Paxos, sizes={"Acceptor": 3})
    with pytest.raises(InputError, match="Paxos has no invariant `agree`"):
        quorate.check(Paxos, sizes=TINY, invariants=["agree"])
    with pytest.raises(InputError, match="did you mean Paxos"):
        quorate.check("Paxo", sizes=TINY)


def test_a_checkpoint_is_gone_on_from(tmp_path: Path) -> None:
    kept = quorate.BreadthFirst(storage=quorate.Checkpoint(folder=tmp_path / "kept"))
    first = quorate.check(Paxos, sizes=SMALL, search=kept)
    again = quorate.check(Paxos, sizes=SMALL, search=kept)
    assert again.exploration.resumed is not None and again.exploration.resumed.finished
    assert first.states == again.states


def test_every_name_is_there() -> None:
    assert {n for n in dir(quorate) if n in quorate.__all__} == set(quorate.__all__)
    for name in quorate.__all__:
        assert getattr(quorate, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'chek'"):
        quorate.chek  # type: ignore[attr-defined] # noqa: B018


def test_importing_a_model_imports_no_engine() -> None:
    code = (
        "import sys, quorate, quorate.model.paxos; "
        "print([m for m in ('numba', 'llvmlite', 'z3', 'rich', 'click', 'networkx') "
        "if m in sys.modules or 'quorate.checker' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_properties_of_runs_are_in_the_document() -> None:
    for names, code in ((["heard"], 0), (["one_at_a_time"], 1), (["pings_are_heard"], 0)):
        result = quorate.check(Pings, sizes={"Proc": 1, "Turn": 2}, temporal=names)
        assert valid("check", code, result.to_json())["temporal"]["properties"][0]["name"] in names
    left_open = quorate.check(Pings, sizes={"Proc": 1, "Turn": 1}, symmetry=True)
    assert valid("check", 4, left_open.to_json())["outcome"] == "open"
