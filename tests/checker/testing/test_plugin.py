"""Protocols as tests of pytest: collected, run, reported and selected, as a user does."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.cli import failures, sizing  # noqa: F401  (as below)
from quorate.checker.testing.items import _numbers
from quorate.model.two_phase_commit import TwoPhaseCommit

pytest_plugins = ["pytester"]

TURNS = """\
from quorate.model.language import *


class Side(Sort): ...


class Turns(Protocol):
    busy: Map[Side, bool] = False
    done: bool = False

    @action
    def enter(self, s: Side) -> None:
        require(not self.busy[s])
        self.busy[s] = True

    @action
    def leave(self, s: Side) -> None:
        require(self.busy[s])
        self.busy[s] = False

    @invariant
    def never_done(self) -> bool:
        return not self.done

    @reachable
    def all_are_busy(self) -> bool:
        return all(self.busy[s] for s in Side)


class Alone(Turns):
    @invariant
    def one_at_a_time(self) -> bool:
        return all(not (self.busy[s] and self.busy[t] and s != t) for s in Side for t in Side)

    @invariant
    def nobody(self) -> bool:
        return all(not self.busy[s] for s in Side)

    @reachable
    def it_is_done(self) -> bool:
        return self.done
"""
SLIP = """\
from quorate.model.language import *


class Side(Sort): ...


class Slip(Protocol):
    busy: Map[Side, bool] = False

    @action
    def enter(self, s: Side) -> None:
        require(not self.buzy[s])
        self.busy[s] = True
"""
INI = """\
[pytest]
testpaths = tests
quorate_files =
    model/turns.py::Turns[2]
    model/turns.py::Alone[Side=2]
"""


@pytest.fixture(autouse=True, scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pytester forgets the modules that a run loads, and they must not be loaded twice."""
    file = tmp_path_factory.mktemp("loaded") / "turns.py"
    file.write_text(TURNS)
    with pytest.raises(quorate.UnmetError, match="nobody is violated in 1 steps, expected 9"):
        quorate.assert_violates(f"{file}:Alone", "nobody", depth=9, sizes={"Side": 2})
    quorate.assert_holds(f"{file}:Turns", sizes={"Side": 2})


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A repository with a model, and tests in a folder of their own."""
    if not entry_points(group="pytest11", name="quorate"):
        pytester.plugins.append("quorate.checker.testing.plugin")
    pytester.makefile(".ini", pytest=INI)
    (pytester.path / "model").mkdir()
    (pytester.path / "model" / "turns.py").write_text(TURNS)
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_plain.py").write_text("def test_plain() -> None: ...\n")
    return pytester


def node_ids(project: pytest.Pytester, *arguments: str) -> list[str]:
    items, _ = project.inline_genitems(*arguments)
    return [item.nodeid for item in items]


ALL = [
    "tests/test_plain.py::test_plain",
    "model/turns.py::Turns::never_done[2]",
    "model/turns.py::Turns::all_are_busy[2]",
    "model/turns.py::Alone::never_done[2]",
    "model/turns.py::Alone::one_at_a_time[2]",
    "model/turns.py::Alone::nobody[2]",
    "model/turns.py::Alone::all_are_busy[2]",
    "model/turns.py::Alone::it_is_done[2]",
]


def test_properties_are_collected_and_selected(project: pytest.Pytester) -> None:
    assert node_ids(project) == ALL
    assert node_ids(project, ".") == ALL[1:] + ALL[:1]  # in the order of the folders
    assert node_ids(project, "tests") == ALL[:1]  # who names files wants no others
    assert node_ids(project, ALL[4]) == [ALL[4]]
    assert node_ids(project, "model/turns.py::Turns") == ALL[1:3]
    assert node_ids(project, "model/turns.py::Alone::nobody") == [ALL[5]]
    more = node_ids(project, "tests", "--quorate", "model/turns.py::Turns[3]")
    assert more[1:3] == [i.replace("[2]", "[3]") for i in ALL[1:3]]


def test_that_no_run_ends_where_it_may_not_is_a_test(project: pytest.Pytester) -> None:
    ending = "\n    @final\n    def it_may_end(self) -> bool:\n        return self.done\n"
    (project.path / "model" / "ending.py").write_text(TURNS + ending)
    items, _ = project.inline_genitems("tests", "--quorate", "model/ending.py::Alone[1]")
    (found,) = (item for item in items if "deadlock freedom[1]" in item.nodeid)
    assert found.nodeid == "model/ending.py::Alone::deadlock freedom[1]"
    assert TURNS.count("\n") + 1 == found.reportinfo()[1]
    found.runtest()


def test_they_are_chosen_by_word_and_marker(project: pytest.Pytester) -> None:
    project.runpytest_inprocess("-k", "Alone and busy").assert_outcomes(passed=1, deselected=7)
    project.runpytest_inprocess("-m", "not quorate").assert_outcomes(passed=1, deselected=7)


def test_a_failure_is_the_counterexample(project: pytest.Pytester) -> None:
    result = project.runpytest_inprocess("--junit-xml=junit.xml", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=5, failed=3, warnings=0)
    text = result.stdout.str()
    assert "✗ one_at_a_time is violated: 4 states, " in text
    assert "2  enter(s=s1)" in text
    assert "goal it_is_done is not reached" in text
    assert "Traceback" not in text and "site-packages" not in text and "runtest" not in text
    assert "FAILED model/turns.py::Alone::nobody[2]" in text
    suite = ET.parse(project.path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("8", "3", "0")
    said = {c.get("name"): c[0].text for c in suite.iter("testcase") if len(c)}
    assert "enter(s=s0)" in str(said["nobody[2]"])


def test_the_failed_are_run_again(project: pytest.Pytester) -> None:
    project.runpytest_inprocess("-q").assert_outcomes(passed=5, failed=3, warnings=0)
    again = project.inline_run("-q", "--last-failed")
    passed, skipped, failed = again.listoutcomes()
    assert (len(passed), len(skipped)) == (0, 0)
    assert sorted(r.nodeid for r in failed) == sorted([ALL[4], ALL[5], ALL[7]])


def test_what_a_pass_does_not_mean_is_told_once(project: pytest.Pytester) -> None:
    model = project.path / "model" / "turns.py"
    model.write_text(TURNS.replace("require(self.busy[s])", "require(self.busy[s] or True)"))
    result = project.runpytest_inprocess("model/turns.py::Turns")
    result.assert_outcomes(passed=2, warnings=1)
    assert "VacuityWarning: Turns: leave, line 18: `require(" in result.stdout.str()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("model/slip.py::Slip[2]", "--> model/slip.py:12:21 in Slip.enter"),
        ("model/turns.py::Turn[2]", "no protocol Turn; did you mean Turns?"),
        ("model/turns.py::Turns", "Turns needs a size for Side"),
        ("model/turns.py::Turns[Sides=2]", "did you mean Side?"),
        ("model/turns.py::Turns[2,2]", "Turns[2,2]: found 2, expected sizes of Side"),
        ("model/empty.py", "model/empty.py: defines no protocol"),
    ],
)
def test_a_mistake_fails_the_run(project: pytest.Pytester, asked: str, said: str) -> None:
    (project.path / "model" / "slip.py").write_text(SLIP)
    (project.path / "model" / "empty.py").write_text("x = 1\n")
    result = project.runpytest_inprocess("--quorate", asked)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    assert said in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("2", {"Participant": 2}),
        ("1,2", {"Coordinator": 1, "Participant": 2}),
        ("Participant=2", {"Participant": 2}),
    ],
)
def test_a_size_that_is_fixed_may_be_given(text: str, sizes: dict[str, int]) -> None:
    assert _numbers(text, TwoPhaseCommit) == (sizes, {})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("model/turn.py", "model/turn.py: no such file"),
        ("acme.turns:Turns[2]", "acme.turns:Turns[2]: no such protocol"),
        ("model/turns.py::Turns[2", "is no protocol"),
    ],
)
def test_what_there_is_none_of_is_wrong_usage(
    project: pytest.Pytester, asked: str, said: str
) -> None:
    result = project.runpytest_inprocess("--quorate", asked)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_bundled_protocols_and_all_of_a_file(project: pytest.Pytester) -> None:
    (project.path / "pytest.ini").write_text("[pytest]\n")
    (project.path / "pyproject.toml").write_text("[tool.quorate]\nsizes = {Side = 2}\n")
    found = node_ids(project, "tests", "--quorate", "model/*.py")
    assert sorted(found) == sorted(ALL)
    paxos = node_ids(project, "tests", "--quorate", "Paxos[1,1,1]")
    assert paxos[1].endswith("::Paxos::agreement[1,1,1]")


def test_xdist_keeps_a_protocol_together(project: pytest.Pytester) -> None:
    items, _ = project.inline_genitems()
    groups = [m.args for item in items[1:] for m in item.iter_markers("xdist_group")]
    assert groups == [("model/turns.py::Turns[2]",)] * 2 + [("model/turns.py::Alone[2]",)] * 5


ASSERTIONS = """\
import quorate

ALONE = "model/turns.py:Alone"


def test_holds() -> None:
    quorate.assert_holds("model/turns.py:Turns", sizes={"Side": 2})


def test_does_not_hold() -> None:
    quorate.assert_holds(ALONE, sizes={"Side": 2})


def test_violates() -> None:
    quorate.assert_violates(ALONE, "one_at_a_time", depth=2, sizes={"Side": 2})


def test_violates_elsewhere() -> None:
    quorate.assert_violates(ALONE, "one_at_a_time", depth=3, sizes={"Side": 2})


def test_is_not_violated() -> None:
    quorate.assert_violates(ALONE, "never_done", sizes={"Side": 2})
"""


def test_a_failed_assertion_shows_no_traceback(project: pytest.Pytester) -> None:
    Path(project.path / "tests" / "test_claims.py").write_text(ASSERTIONS)
    result = project.runpytest_inprocess("tests/test_claims.py")
    result.assert_outcomes(passed=2, failed=3)
    text = result.stdout.str()
    assert 'test_claims.py:11: quorate.assert_holds(ALONE, sizes={"Side": 2})' in text
    assert "1  enter(s0)" in text
    assert "one_at_a_time is violated in 2 steps, expected 3" in text
    assert "never_done is not violated" in text
    assert "raise UnmetError" not in text


def test_starting_pytest_loads_no_engine() -> None:
    """Whoever has Quorate installed, and no protocols, waits for none of it."""
    code = "import sys, quorate.checker.testing.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert not {"numba", "z3", "llvmlite", "numpy", "networkx", "click"} & set(loaded)
    assert [m for m in loaded if m.startswith("quorate.")] == [
        "quorate.checker",
        "quorate.checker.testing",
        "quorate.checker.testing.plugin",
    ]


LISTED = """\
[[check]]
name = "takes turns"
protocol = "model/turns.py:Turns"
sizes = {Side = 2}

[[check]]
name = "alone"
protocol = "model/turns.py:Alone"
sizes = {Side = 2}
holds = ["never_done", "nobody"]
"""


@contextmanager
def in_this_process(count: int, function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """What stands in for processes: a second is saved for each."""

    def called(*arguments: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(function(*arguments))
        return done

    yield called


def test_a_list_of_checks(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate._project.workers", in_this_process)
    (project.path / "quorate.toml").write_text(LISTED)
    result = project.runpytest_inprocess("tests", "--quorate", "quorate.toml")
    result.assert_outcomes(passed=2, failed=1)
    text = result.stdout.str()
    assert "FAILED quorate.toml::alone" in text
    assert "nobody is violated" in text and "Traceback" not in text
    (project.path / "quorate.toml").write_text(LISTED.replace("holds", "hold"))
    result = project.runpytest_inprocess("tests", "--quorate", "quorate.toml")
    result.assert_outcomes(errors=1)
    assert "quorate.toml:10: " in result.stdout.str()
