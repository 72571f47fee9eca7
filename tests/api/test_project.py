"""The checks of a project's list: what they say is held against what is found."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate import _project
from quorate._listed import run_listed
from quorate.checker.errors import InputError
from quorate.checker.project import kept
from quorate.checker.project.measured import Baseline
from quorate.checker.project.reading import read_project
from quorate.checker.project.results import CheckEnding, CheckReport
from quorate.checker.reports.cases import CaseStatus
from tests.api.schema import valid

LOCKS = Path(__file__).parents[1] / "cases" / "models" / "locks.py"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a model; run in this process, with a cache of its own for verdicts."""
    shutil.copy(LOCKS, tmp_path)
    monkeypatch.chdir(tmp_path)
    kept_there: dict[str, Any] = {}
    monkeypatch.setattr(kept, "load", kept_there.get)
    monkeypatch.setattr(kept, "save", kept_there.__setitem__)
    return tmp_path


def listed(folder: Path, *checks: str) -> Path:
    """The list of these checks."""
    file = folder / "quorate.toml"
    head = "sizes = {Client = 2, Unknown = 9}\n"
    file.write_text(head + "".join(f"[[check]]\nprotocol = 'locks.py:{c}\n" for c in checks))
    return file


def ran(file: Path, name: str, cache: bool = True) -> CheckReport:
    return run_listed(str(file.parent), read_project(file), name, cache)


STUCK = """\
from quorate.model.language import *

class Client(Sort): ...

class Stuck(Protocol):
    holder: Client | None = durable(None)

    @action
    def take(self, c: Client) -> None:
        require(self.holder is None)
        self.holder = c

    @final
    def it_is_free(self) -> bool:
        return self.holder is None
"""
FREEDOM = "deadlock freedom"


@pytest.mark.parametrize(
    ("asked", "ending", "said"),
    [
        ("", CheckEnding.VIOLATED, f"{FREEDOM} is violated after 1 step"),
        ("deadlock = false", CheckEnding.HOLDS, "3 states"),
        (
            f"violated = {{'{FREEDOM}' = 1}}",
            CheckEnding.HOLDS,
            f"{FREEDOM} is violated after 1 step, as it should",
        ),
    ],
)
def test_where_a_run_may_end_is_said_it_must_not_end_elsewhere(
    asked: str, ending: CheckEnding, said: str, folder: Path
) -> None:
    (folder / "locks.py").write_text(STUCK)
    found = ran(listed(folder, f"Stuck'\n{asked}"), "Stuck")
    assert (found.ending, [part.line for part in found.parts]) == (ending, [said])


@pytest.mark.parametrize(
    ("check", "ending", "said"),
    [
        ("Lock'", CheckEnding.HOLDS, ["3 states; 2 invariants hold"]),
        pytest.param(
            "Lock'\nreached = ['taken']",
            CheckEnding.HOLDS,
            ["3 states; 2 invariants hold"],
            marks=pytest.mark.exhaustive,
        ),
        ("Lock'\nreached = ['shared']", CheckEnding.VIOLATED, ["3 states; 2 invariants hold"]),
        ("Lock'\nstrict = true", CheckEnding.INCONCLUSIVE, ["3 states; 2 invariants hold"]),
        ("Lock'\nlimit = 1", CheckEnding.INCONCLUSIVE, None),
        pytest.param(
            "Lock'\nsizes = {Client = 1}",
            CheckEnding.HOLDS,
            ["2 states; 2 invariants hold"],
            marks=pytest.mark.exhaustive,
        ),
        ("Hasty'", CheckEnding.VIOLATED, ["exclusion is violated after 2 steps"]),
        (
            "Hasty'\nviolated = ['holder_is_inside']",
            CheckEnding.VIOLATED,
            [
                "exclusion is violated after 2 steps; all but holder_is_inside must hold",
                "holder_is_inside is violated after 2 steps, as it should",
            ],
        ),
        pytest.param(
            "Hasty'\nholds = ['holder_is_inside']",
            CheckEnding.VIOLATED,
            None,
            marks=pytest.mark.exhaustive,
        ),
        (
            "Hasty'\nholds = []\nviolated = {exclusion = 2}",
            CheckEnding.HOLDS,
            ["exclusion is violated after 2 steps, as it should"],
        ),
        (
            "Hasty'\nholds = []\nviolated = {exclusion = 3}",
            CheckEnding.VIOLATED,
            ["exclusion is violated after 2 steps, and not after 3"],
        ),
        (
            "Lock'\nviolated = ['exclusion']",
            CheckEnding.VIOLATED,
            [
                "3 states; 1 invariant holds",
                "exclusion holds, and the list says that it is violated",
            ],
        ),
        (
            "Lock'\nviolated = ['exclusion']\nlimit = 1\nholds = []",
            CheckEnding.INCONCLUSIVE,
            ["whether exclusion is violated is not known: limit reached"],
        ),
    ],
)
def test_what_is_expected_is_held_against_what_is_found(
    check: str, ending: CheckEnding, said: list[str] | None, folder: Path
) -> None:
    name = check.partition("'")[0]
    found = ran(listed(folder, check), name)
    assert found.ending is ending
    if said is not None:
        assert [part.line for part in found.parts] == said
    wrong = [case for case in found.cases if case.wrong]
    assert bool(wrong) == (ending is not CheckEnding.HOLDS)


@pytest.mark.parametrize(
    ("check", "ending", "said"),
    [
        ("Lok'", CheckEnding.INPUT, "locks.py: no protocol Lok; did you mean Lock?"),
        ("Lock'\nsizes = {Clint = 2}", CheckEnding.INPUT, "Clint"),
        ("Lock'\nfaults = {crash = 1}", CheckEnding.INPUT, "crash"),
        (
            "Lock'\nholds = ['exclusive']",
            CheckEnding.INPUT,
            "holds: Lock has no `exclusive`; did you mean exclusion?",
        ),
        (
            "Lock'\nviolated = ['taken']",
            CheckEnding.INPUT,
            "violated: Lock has no `taken`; it has exc",
        ),
        (
            "Lock'\nreached = ['x']",
            CheckEnding.INPUT,
            "reached: Lock has no `x`; it has taken, shared",
        ),
        ("Lock'\nrefine = 'Votin'", CheckEnding.INPUT, "Votin: no such protocol"),
        ("Lock'\nrefine = {mapping = 'no.py:f'}", CheckEnding.INPUT, "no.py: no such file"),
        pytest.param(
            "Lock'\nconform = 'no.py:Adapter'",
            CheckEnding.INPUT,
            "no.py: no such file",
            marks=pytest.mark.exhaustive,
        ),
        ("Lock'\nconform = {impl = 'x'}", CheckEnding.INPUT, "Lock"),
    ],
)
def test_what_cannot_be_run_is_said_with_its_place(
    check: str, ending: CheckEnding, said: str, folder: Path
) -> None:
    name = check.partition("'")[0]
    found = ran(listed(folder, check), name)
    assert found.ending is ending
    (case,) = [case for case in found.cases if case.wrong]
    assert said in case.message and case.place is not None
    assert (case.place.file, case.place.line) in (("quorate.toml", 2), ("locks.py", None)) or (
        case.place.file == "no.py"
    )


def test_a_mistake_in_the_model_is_one_check_alone(folder: Path) -> None:
    source = (folder / "locks.py").read_text()
    (folder / "locks.py").write_text(source.replace("self.holder == c)", "self.holder & c)"))
    file = listed(folder, "Lock'")
    found = ran(file, "Lock")
    assert found.ending is CheckEnding.MODEL and found.measured is None
    case = found.cases[0]
    assert case.place is not None and (case.place.file, case.place.line) == ("locks.py", 24)
    assert case.detail.startswith("error[")


def test_a_verdict_is_kept_and_said_to_be(folder: Path) -> None:
    file = listed(folder, "Lock'\nreached = ['shared']")
    first, second = ran(file, "Lock"), ran(file, "Lock")
    assert not first.cached and second.cached
    assert (first.ending, first.cases) == (second.ending, second.cases)
    assert first.measured == second.measured
    assert not ran(file, "Lock", cache=False).cached
    changed = listed(folder, "Lock'\nreached = ['taken']")
    assert (
        ran(changed, "Lock").ending is CheckEnding.HOLDS
    )  # not what is kept of the other question
    open_ = listed(folder, "Lock'\nlimit = 1")
    assert not ran(open_, "Lock").cached and not ran(open_, "Lock").cached


def test_what_is_measured(folder: Path) -> None:
    file = listed(folder, "Lock'", "Hasty'\nholds = []\nviolated = ['exclusion']")
    measured = ran(file, "Lock").measured
    assert measured is not None
    assert (measured.states, measured.transitions, measured.depth) == (3, 4, 1)
    assert measured.actions == {"take": True, "release": True}
    assert measured.goals == {"taken": True, "shared": False}
    guards = {"take: self.holder is None": True, "release: self.holder == c": True}
    assert measured.guards == guards and measured.holds == ["exclusion", "holder_is_inside"]
    hasty = ran(file, "Hasty").measured
    assert hasty is not None and hasty.violated == {"exclusion": 2} and hasty.states is None
    assert hasty.model != measured.model


def test_all_checks_of_a_project(folder: Path) -> None:
    """In processes of their own, from another folder; against a baseline."""
    file = listed(folder, "Lock'", "Hasty'")
    result = quorate.verify_project(file, cache=False, processes=1)
    assert not result.holds and result.violation == "Hasty: exclusion is violated after 2 steps"
    assert result.trace is not None and len(result.trace.steps) == 2
    assert [s.folder for s in result.suites] == [folder, folder]
    told = valid("verify", 1, result.to_json())
    assert [c["ending"] for c in told["checks"]] == ["holds", "violated"]
    assert "Hasty  Client=2  exclusion is violated after 2 steps" in repr(result)
    assert result.baseline.checks.keys() == {"Lock", "Hasty"}
    assert sys.modules.get("locks") is None


@pytest.mark.parametrize(
    ("variant", "ending"),
    [
        pytest.param("healthy", CheckEnding.HOLDS, marks=pytest.mark.exhaustive),
        ("promise-for-any-ballot", CheckEnding.NONCONFORMING),
    ],
)
def test_conformance_to_a_model_of_ones_own(
    variant: str, ending: CheckEnding, folder: Path
) -> None:
    (folder / "mine.py").write_text(
        "from quorate.model.paxos import Paxos\n\n\nclass Mine(Paxos):\n    pass\n"
    )
    file = folder / "quorate.toml"
    file.write_text(
        f"[[check]]\nprotocol = 'mine.py:Mine'\nconform = {{impl = '{variant}'}}\n"
        "holds = ['agreement']\nsizes = {Acceptor = 1, Ballot = 2, Value = 1}\n"
    )
    found = ran(file, "Mine")
    assert found.ending is ending
    search, conformance = found.parts
    assert search.line == "25 states; 1 invariant holds"
    says = f"{variant} conforms" if variant == "healthy" else f"{variant}: it takes a step that"
    assert conformance.line.startswith(says) and not conformance.cached
    assert not ran(file, "Mine").parts[1].cached


def test_a_process_that_ends_is_one_check_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def ending(_: int, function: Any) -> Iterator[Any]:
        def called(place: str, project: Any, name: str, caching: bool) -> Future[Any]:
            future: Future[Any] = Future()
            if name == "Hasty":
                future.set_exception(InputError(f"the process that tried {project} ended"))
            else:
                future.set_result(function(place, project, name, caching))
            return future

        yield called

    monkeypatch.setattr(_project, "workers", ending)
    told: list[CheckReport] = []
    result = quorate.verify_project(listed(folder, "Hasty'", "Lock'"), report=told.append)
    assert [c.ending for c in told] == [CheckEnding.INPUT, CheckEnding.HOLDS]
    assert result.report.ending is CheckEnding.INPUT
    (part,) = told[0].parts
    file = folder / "quorate.toml"
    assert part.line == f"the process that tried Project(file={file!r}) ended"


def test_no_list(folder: Path) -> None:
    with pytest.raises(InputError, match="there is no list of checks here"):
        quorate.verify_project(listed(folder))


def test_a_loss_is_no_pass(folder: Path) -> None:
    from quorate.checker.project.measured import losses
    from quorate.checker.project.results import ProjectReport

    file = listed(folder, "Lock'")
    report = ran(file, "Lock")
    assert report.measured is not None
    before = Baseline(checks={"Lock": report.measured, "gone": report.measured})
    lost = losses(before, {"Lock": report.measured})
    found = ProjectReport(file, (report,), tuple(lost))
    assert found.ending is CheckEnding.INCONCLUSIVE
    assert [(s.name, c.status) for s in found.suites for c in s.cases if c.wrong] == [
        ("baseline", CaseStatus.OPEN)
    ]
