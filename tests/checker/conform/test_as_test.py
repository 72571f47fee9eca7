"""Differences as pytest files: they fail until the code is mended, wherever they are run from."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruff.__main__ import find_ruff_bin

import quorate
from quorate.checker.conform.adapters.calls import plain
from quorate.checker.conform.replaying import battery
from quorate.checker.errors import InputError
from quorate.checker.rendering import regression
from quorate.checker.rendering.literals import lines, value_layout
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.traces import FrozenMap, Record

from ...support.examples import mutants_by_name

MODEL = """
from quorate.model.language import Map, Protocol, Set, Sort, action, durable, init, require


class Voter(Sort): ...


class Candidate(Sort): ...


class Election(Protocol):
    votes: Map[Voter, Set[Candidate]] = durable(frozenset())
    open: bool = durable(False)

    @init
    def opened(self, yes: bool) -> None:
        self.open = yes

    @action
    def cast(self, v: Voter, c: Candidate) -> None:
        require(self.open)
        require(all(d not in self.votes[v] for d in Candidate))
        self.votes[v] = {c}
"""
CODE = """
from quorate.checker.conform.adapter import Refusal

MENDED = False


class Box:
    def start(self, setting):
        self.open = setting.initial["open"]
        self.votes = {v: set() for v in setting.elements["Voter"]}

    def perform(self, action, args):
        if not self.open or (MENDED and self.votes[args["v"]]):
            raise Refusal("no")
        self.votes[args["v"]].add(args["c"])
        return set()

    def observe(self):
        return {"votes": self.votes, "open": self.open}
"""
SIZES = {"Voter": 2, "Candidate": 2}
RUFF = find_ruff_bin()


def passes_here(file: Path) -> bool:
    """Whether the tests of a file pass, called by us."""
    scope: dict[str, Any] = {"__file__": str(file), "__name__": file.stem}
    exec(file.read_text(), scope)
    tests = [f for name, f in scope.items() if name.startswith("test_")]
    assert tests
    try:
        for test in tests:
            test()
    except AssertionError:
        return False
    return True


def passes(file: Path, folder: Path) -> bool:
    """Whether pytest passes on a file, called in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0


def formatted(file: Path) -> None:
    """A file is as ruff would have it, at its own width and at ours."""
    for width in ("88", "100"):
        for verb in (["format", "--diff"], ["check", "--select", "E,F,W,I"]):
            command = [RUFF, *verb, "--isolated", "--line-length", width, str(file)]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr


def test_it_fails_until_the_code_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tmp_path / "code" / "box.py"
    test = tmp_path / "tests" / "unit" / "test_box.py"
    for file in (code, test):
        file.parent.mkdir(parents=True)
    code.write_text(CODE)
    (tmp_path / "election.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    found = quorate.conform("election.py:Election", "code/box.py:Box", sizes=SIZES)
    assert found.as_test(test) == 1
    text = test.read_text()
    assert 'MODEL = f"{HERE}/../../election.py:Election"' in text
    assert 'initial = {"open": True}' in text
    assert '("cast", {"v": "v0", "c": "c1"})' in text
    formatted(test)
    assert not passes(test, tmp_path)
    code.write_text(CODE.replace("MENDED = False", "MENDED = True"))
    assert passes_here(test)
    code.write_text(CODE.replace('{"votes": self.votes, "open": self.open}', '{"open": True}'))
    assert not passes_here(test), "what is not shown is not compared"


def test_what_somebody_else_wrote_is_left(tmp_path: Path) -> None:
    found = quorate.conform(
        Paxos,
        variant="phase-two-without-phase-one",
        sizes={"Acceptor": 2, "Ballot": 2, "Value": 1},
    )
    file = tmp_path / "test_paxos.py"
    file.write_text("def test_mine(): pass\n")
    with pytest.raises(InputError, match="was not written by quorate"):
        found.as_test(file)
    assert file.read_text() == "def test_mine(): pass\n"
    file.unlink()
    assert found.as_test(file) == found.as_test(file) > 0
    formatted(file)
    assert 'variant="phase-two-without-phase-one"' in file.read_text()
    healthy = quorate.conform(Paxos, sizes={"Acceptor": 1, "Ballot": 1, "Value": 1})
    assert healthy.as_test(tmp_path / "test_nothing.py") == 0
    assert not (tmp_path / "test_nothing.py").exists()


def test_an_adapter_that_cannot_be_found_again(tmp_path: Path) -> None:
    class Dead:
        def start(self, setting: Any) -> None: ...

        def perform(self, action: str, args: Any) -> Any:
            return set()

        def observe(self) -> dict[str, Any]:
            return {}

    sizes = {"Acceptor": 1, "Ballot": 1, "Value": 1}
    with pytest.raises(InputError, match="give it by its name"):
        quorate.conform(Paxos, Dead(), sizes=sizes).as_test(tmp_path / "test_paxos.py")
    with pytest.raises(InputError, match="made without arguments"):
        quorate.conform(Paxos, Silent("x"), sizes=sizes).as_test(tmp_path / "test_paxos.py")


class Mute:
    """Found again by its name."""

    def start(self, setting: Any) -> None: ...

    def perform(self, action: str, args: Any) -> Any:
        return set()

    def observe(self) -> dict[str, Any]:
        return {}


class Silent(Mute):
    """Not found again: nobody knows with what it was made."""

    def __init__(self, how: str = "quite") -> None: ...


def test_an_object_of_a_class_with_a_name_is_found_again(tmp_path: Path) -> None:
    found = quorate.conform(Paxos, Mute(), sizes={"Acceptor": 1, "Ballot": 1, "Value": 1})
    file = tmp_path / "test_mute.py"
    assert found.as_test(file) == 1
    assert f'ADAPTER = "{__name__}:Mute"' in file.read_text()


@pytest.mark.exhaustive
@pytest.mark.parametrize("tried", [("AllVolatile", "OwnValue"), ()], ids=["two", "all"])
def test_the_bugs_of_mutants_have_tests(
    tried: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tried:
        monkeypatch.setattr(battery, "MUTANTS", mutants_by_name(*tried))
    sizes = {"Proposer": 1, "Acceptor": 2, "Learner": 1, "Ballot": 2, "Value": 1}
    defect = "all-lost-on-restart"
    found = quorate.conform("PaxosRoles", variant=defect, sizes=sizes, probes=False, mutants=True)
    bugs = [m.name for m in found.mutants if m.has_bug]
    file = tmp_path / "test_paxos.py"
    assert "AllVolatile" in bugs and found.as_test(file) == len(found.traces) + len(bugs)
    formatted(file)
    scope: dict[str, Any] = {"__file__": str(file)}
    exec(file.read_text(), scope)
    with pytest.raises(AssertionError):
        scope["test_refuses_AllVolatile"]()
    exec(file.read_text().replace(defect, "healthy"), scope)
    scope["test_refuses_AllVolatile"]()


def test_a_command_is_found_from_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "adapter.js").write_text("")
    monkeypatch.chdir(tmp_path)
    origin = regression.Origin("quorate.model.paxos:Paxos", "exec:node adapter.js -q", None)
    one = regression.RunTest("phase1a", "It is", [regression.TestStep("phase1a", {"b": "b1"})])
    file = tmp_path / "a" / "test_js.py"
    file.parent.mkdir()
    file.write_text(regression.source(file, origin, {"Acceptor": 2}, {"crash": 1}, [one]))
    formatted(file)
    scope: dict[str, Any] = {"__file__": str(file)}
    exec(file.read_text(), scope)
    assert shlex.split(scope["ADAPTER"]) == [
        "exec:node",
        f"{tmp_path}/a/../adapter.js",
        "-q",
    ]


@pytest.mark.exhaustive
def test_a_replay_that_has_the_bug(tmp_path: Path) -> None:
    mutant = next(m for m in MUTANTS.values() if m.protocol.__name__ == "NoPhase1")
    assert mutant.defect is not None
    bug = quorate.check(mutant.protocol, sizes=mutant.sizes, faults=mutant.faults).trace
    assert bug is not None
    found = quorate.replay(bug, variant=mutant.defect)
    file = tmp_path / "test_bug.py"
    assert found.as_test(file) == 1
    formatted(file)
    assert not passes_here(file)
    file.write_text(file.read_text().replace(mutant.defect, "healthy"))
    assert passes_here(file)
    assert quorate.replay(bug).as_test(tmp_path / "test_none.py") == 0


def values() -> st.SearchStrategy[Any]:
    atoms = st.none() | st.booleans() | st.integers(-9, 99) | st.sampled_from(["a0", "b1", "é"])
    return st.recursive(
        atoms,
        lambda inner: (
            st.frozensets(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(inner, inner, max_size=3).map(FrozenMap)
            | st.lists(inner, max_size=2).map(
                lambda xs: Record("Promise", tuple((f"f{k}", x) for k, x in enumerate(xs)))
            )
        ),
        max_leaves=20,
    )


@given(st.lists(values(), min_size=1, max_size=4))
def test_values_are_written_as_they_are_read(found: list[Any]) -> None:
    scope = {"Record": Record, "FrozenMap": FrozenMap}
    for value in found:
        assert plain(eval("\n".join(lines(value_layout(value), 0)), scope)) == value


def test_long_values_are_laid_out_as_by_ruff(tmp_path: Path) -> None:
    names = [f"acceptor{k}" for k in range(9)]
    value = FrozenMap(
        {
            "a0": frozenset(names),
            "a1": (frozenset(names), (names[0],)),
            "a2": Record("Promise", (("a", names[0]), ("q", frozenset(names)), ("v", None))),
        }
    )
    file = tmp_path / "values.py"
    head = "from quorate.traces import Record\n\n"
    file.write_text(head + "\n".join(lines(value_layout(value), 0, "x = ")) + "\n")
    formatted(file)


def test_a_run_that_the_model_does_not_have() -> None:
    sizes = {"Acceptor": 2, "Ballot": 2, "Value": 1}
    for call, error in (
        (("phase1", {"b": "b1"}), "Paxos has no action `phase1`; did you mean phase1"),
        (("phase1a", {"ballot": "b1"}), "found the arguments ballot, expected b"),
        (("phase1a", {"b": 1.5}), "phase1a: found the number 1.5, expected a value"),
    ):
        with pytest.raises(InputError, match=error):
            quorate.follow(Paxos, None, [call], sizes=sizes)
    nothing_sent = quorate.follow(Paxos, None, [("phase1b", {"a": "a0", "b": "b1"})], sizes=sizes)
    assert not nothing_sent.holds and nothing_sent.violation is None
    assert "the model neither has nor forbids it here" in repr(nothing_sent)
    for text, error in (
        ("phase1(b=b1)", "Paxos has no action `phase1`"),
        ("phase1a(b=b1) phase1a", r"found `phase1a\(b=b1\) phase1a`, expected ACTION"),
        ("phase1a(b=b7)", r"found `phase1a\(b=b7\)`, which is no phase1a\(b=\.\.\.\) of these"),
        (" ; ", "found nothing, expected ACTION"),
        ("start(1); phase1a(b=b1)", r"start\(1\): the initial states are numbered from 0 to 0"),
    ):
        with pytest.raises(InputError, match=error):
            quorate.follow(Paxos, None, text, sizes=sizes)
    assert quorate.follow(Paxos, None, "start(0);phase1a( b=b1 );", sizes=sizes).holds
    with pytest.raises(InputError, match="0 of the 1 initial states"):
        quorate.follow(Paxos, None, [], sizes=sizes, initial={"max_bal": None})
