"""--sarif, --junit and annotations, by each verb; `quorate verify` with a list of checks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from quorate import _project
from quorate.checker.cli.main import run
from quorate.checker.project import kept
from quorate.checker.reports.sarif import SCHEMA
from tests.checker.reports.test_reports import valid_junit, valid_sarif

from .shared import VALIDATOR

LOCKS = Path(__file__).parents[2] / "cases" / "models" / "locks.py"
LIST = """\
sizes = {Client = 2}
[[check]]
protocol = "locks.py:Lock"
[[check]]
protocol = "locks.py:Hasty"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the models of locks; verdicts are not kept."""
    shutil.copy(LOCKS, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kept, "load", lambda _: None)
    monkeypatch.setattr(kept, "save", lambda *_: None)
    return tmp_path


@contextmanager
def here(count: int, function: Callable[..., Any]) -> Iterator[Callable[..., Future[Any]]]:
    """Calls in this process, in place of `workers`: another would have to start."""

    def called(*arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future

    yield called


@pytest.fixture
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (folder / "quorate.toml").write_text(LIST)
    monkeypatch.setattr(_project, "workers", here)
    return folder


def reported(*arguments: str) -> tuple[int, dict[str, Any], Any]:
    """The exit code of a command, its SARIF and its JUnit, both of them valid."""
    code = run([*arguments, "--sarif", "r.sarif", "--junit", "r.xml"])
    document = json.loads(Path("r.sarif").read_text(encoding="utf-8"))
    assert document["$schema"] == SCHEMA
    sarif, junit = valid_sarif(document), valid_junit(Path("r.xml").read_bytes())
    assert sarif["invocations"][0]["exitCode"] == code
    wrong = int(junit.get("failures")) + int(junit.get("errors"))
    assert bool(wrong) == bool(code)
    return code, sarif, junit


REFINE = ["refine", "locks.py:Hasty", "--mapping", "locks.py:as_it_is"]
CHECK = ["check", "locks.py:Hasty", "-s", "Client=2"]


def test_check(folder: Path) -> None:
    code, sarif, junit = reported(*CHECK)
    (result,) = sarif["results"]
    assert (code, result["ruleId"], result["level"]) == (1, "property-violated", "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "locks.py" and place["region"]["startLine"] == 29
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["location"]["physicalLocation"]["region"]["startLine"] for s in steps] == [47, 47]
    assert steps[1]["location"]["message"]["text"].startswith("2. take(c=c1)\nholder: c0 → c1")
    assert [c.get("name") for c in junit.iter("testcase")] == ["exclusion", "holder_is_inside"]
    assert "#  action" in junit.find(".//failure").text
    assert junit.find(".//skipped").get("message") == "the search ended when exclusion was violated"


@pytest.mark.parametrize(
    ("arguments", "code", "rules"),
    [
        (["check", "locks.py:Lock", "-s", "Client=2"], 0, []),
        (["check", "locks.py:Lock", "-s", "Client=2", "--strict"], 4, ["inconclusive"]),
        (["check", "locks.py:Lock", "-s", "Client=2", "--limit", "1"], 4, ["inconclusive"] * 2),
        pytest.param(
            ["check", "locks.py:Lock", "-s", "Client=2", "--induction", "1"],
            0,
            [],
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(["prove", "locks.py:Lock"], 0, [], marks=pytest.mark.exhaustive),
        (["prove", "locks.py:Hasty", "--no-refute"], 4, ["not-proved"] * 2),
        pytest.param([*REFINE, "-s", "Client=2"], 1, ["not-refined"], marks=pytest.mark.exhaustive),
        (["refine", "locks.py:Hasty", "locks.py:Lock", "-s", "Client=2"], 1, ["not-refined"]),
    ],
)
def test_verbs(arguments: list[str], code: int, rules: list[str], folder: Path) -> None:
    found, sarif, _ = reported(*arguments)
    assert found == code
    assert [result["ruleId"] for result in sarif["results"]] == rules


def test_a_mistake_in_the_model(folder: Path) -> None:
    source = (folder / "locks.py").read_text()
    (folder / "locks.py").write_text(source.replace("self.holder == c)", "self.holder & c)"))
    code, sarif, junit = reported("check", "locks.py:Lock", "-s", "Client=2")
    assert code == 3 and sarif["invocations"][0]["executionSuccessful"]
    (result,) = sarif["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 24
    assert result["ruleId"] == sarif["tool"]["driver"]["rules"][0]["id"]
    assert "= help: " in junit.find(".//error").text


def test_what_cannot_be_read(folder: Path) -> None:
    code, sarif, junit = reported("check", "lock.py:Lock", "-s", "Client=2")
    (note,) = sarif["invocations"][0]["toolExecutionNotifications"]
    assert code == 2 and not sarif["invocations"][0]["executionSuccessful"]
    assert note["message"]["text"] == "lock.py: no such file; did you mean locks.py?"
    assert sarif["results"] == [] and junit.find(".//error").get("type") == "bad-input"


def test_a_log(folder: Path) -> None:
    taken = '{"event": "take", "args": {"c": "c0"}, "holder": '
    (folder / "a.log").write_text(f'{taken}"c0"}}\n{taken}"c1"}}\n')
    code, sarif, _ = reported("validate", "a.log", "--model", "locks.py:Lock", "-s", "Client=2")
    (result,) = sarif["results"]
    assert (code, result["ruleId"]) == (5, "unexplained-log")
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("a.log", {"startLine": 2})


@pytest.mark.exhaustive  # as tests/api/test_project.py shows of cases
def test_conform(folder: Path) -> None:
    one = ["-s", "Acceptor=1,Ballot=2,Value=1", "--impl", "promise-for-any-ballot"]
    code, sarif, junit = reported("conform", "Paxos", *one)
    assert (code, {result["ruleId"] for result in sarif["results"]}) == (5, {"does-not-conform"})
    first = sarif["results"][0]
    assert first["message"]["text"].startswith(
        "promise-for-any-ballot: it takes a step that the model disables, phase1b(a=a0, b=b1) after"
    )
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/model/paxos.py")  # outside this folder
    assert "require(self.max_bal[a] < b)" in junit.find(".//failure").text


def test_a_report_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "old.xml").write_text("old")
    assert run([*CHECK, "--sarif", "no/r.sarif", "--junit", "old.xml"]) == 2
    told = capsys.readouterr()
    assert "no: no such directory to write r.sarif in" in told.err and not told.out
    assert (folder / "old.xml").read_text() == "old"


@pytest.fixture
def github(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    return folder


def test_annotations_on_github(github: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (github / "summary.md").write_text("of an earlier command\n")
    assert run([*CHECK, "--json"]) == 1
    told = capsys.readouterr()
    VALIDATOR.validate(json.loads(told.out))  # which stays the one object that it is
    (line,) = [x for x in told.err.splitlines() if x.startswith("::")]
    assert line == (
        "::error col=5,file=locks.py,line=29,title=Hasty%3A A property is violated::"
        "exclusion is violated after 2 steps%0A1. take(c0)%0A2. take(c1)"
    )
    summary = (github / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("of an earlier command\n\n## quorate check: violated\n")
    assert "```mermaid\nsequenceDiagram\n" in summary


def test_annotations_can_be_off(
    github: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QUORATE_GITHUB", "off")
    assert run(["check", "nowhere.py:X"]) == 2
    assert "::" not in capsys.readouterr().err and not (github / "summary.md").exists()


def test_a_summary_that_cannot_be_written(
    github: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(github / "no" / "summary.md"))
    assert run(["check", "nowhere.py:X"]) == 2
    told = capsys.readouterr().err
    assert "::error title=check%3A An input cannot be used::nowhere.py%3A no such" not in told
    assert "::error file=nowhere.py,title=check%3A An input cannot be used::" in told
    assert "warning: " in told and "No such file or directory" in told


# ---------------------------------------------------------------- a list of checks


def test_verify_runs_the_list(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, sarif, junit = reported("verify")
    told = capsys.readouterr().out
    assert code == 1
    assert "quorate.toml: 2 checks\n✓ Lock   Client=2  3 states; 2 invariants hold (" in told
    assert "\n✗ Hasty  Client=2  exclusion is violated after 2 steps (" in told
    assert told.count("Hasty: exclusion is violated after 2 steps (locks.py:29:5)") == 1
    assert "violated: 1 of 2 checks held, " in told.splitlines()[-1]
    assert [s.get("name") for s in junit.findall("testsuite")] == ["Lock", "Hasty"]
    assert len(sarif["results"]) == 1


def test_verify_from_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert run(["verify", "--json", "--sarif", str(project / "r.sarif")]) == 1
    monkeypatch.chdir(project)
    result = json.loads((project / "r.sarif").read_text())["runs"][0]["results"][0]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"].endswith("locks.py")


def test_verify_as_a_page(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "quorate.toml").write_text(LIST.replace("Hasty", "Hast"))
    assert run(["verify", "--html", "r.html"]) == 2
    (project / "quorate.toml").write_text(LIST)
    assert run(["verify", "--html", "r.html"]) == 1
    page = (project / "r.html").read_text(encoding="utf-8")
    assert "<h1>quorate.toml</h1>" in page
    assert (
        "<h2>Hasty: exclusion</h2><p>exclusion is violated after 2 steps (locks.py:29)</p>" in page
    )
    assert "<svg" in page and "<h2>Earlier runs</h2>" in page
    assert "✗ Hasty  Client=2  exclusion is violated after 2 steps (" in capsys.readouterr().out


def test_verify_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--json", "--config", "quorate.toml"]) == 1
    told = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(told)
    assert told["config"] == "quorate.toml" and told["ending"] == "violated"
    lock, hasty = told["checks"]
    assert lock["measured"]["states"] == 3 and not lock["cached"]
    assert len(hasty["cases"][0]["run"]["steps"]) == 2


def test_a_baseline(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "quorate.toml").write_text(LIST.partition('[[check]]\nprotocol = "locks.py:H')[0])
    assert run(["verify", "--baseline", "b.json", "--write-baseline"]) == 0
    assert capsys.readouterr().out.endswith("baseline written to b.json\n")
    assert run(["verify", "--baseline", "b.json"]) == 0
    source = (project / "locks.py").read_text()
    broken = source.replace("require(self.holder == c)", "require(False)")
    (project / "locks.py").write_text(broken.replace("def holder_is_inside", "def renamed"))
    capsys.readouterr()
    assert run(["verify", "--baseline", "b.json", "--junit", "r.xml"]) == 4
    told = capsys.readouterr().out
    assert "! Lock: action release: taken → never taken" in told
    assert "! Lock: invariant holder_is_inside: holds → not shown to hold" in told
    assert "states of an unchanged model" not in told
    assert valid_junit((project / "r.xml").read_bytes()).get("errors") == "2"


def test_no_baseline_of_what_could_not_be_read(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "b.json").write_text("old")
    (project / "quorate.toml").write_text(LIST.replace("Hasty", "Hast"))
    assert run(["verify", "--baseline", "b.json", "--write-baseline"]) == 2
    told = capsys.readouterr().out
    assert told.endswith("! b.json is left as it was: Hast could not be read\n")
    assert (project / "b.json").read_text() == "old"


def test_an_interrupt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("quorate._check.Prepared.run", interrupted)
    code, sarif, junit = reported("check", "locks.py:Lock", "-s", "Client=2")
    assert code == 130 and sarif["results"][0]["message"]["text"] == "interrupted"
    assert junit.find(".//error").get("type") == "inconclusive"


def test_a_strict_list(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "quorate.toml").write_text(LIST.partition('[[check]]\nprotocol = "locks.py:H')[0])
    assert run(["verify", "--strict"]) == 4
    assert "! Lock: no state makes `shared` true" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "no.toml"], "no.toml: cannot be read: No such file or directory"),
        (["--config", "empty.toml"], "empty.toml: has no checks, expected tables [[check]]"),
        (["--write-baseline"], "--write-baseline goes with --baseline FILE"),
        (["--baseline", "no.json"], "no.json: cannot be read: No such file or directory; write it"),
        (["--baseline", "quorate.toml"], "quorate.toml: is no baseline: "),
        (["--baseline", "no/b.json", "--write-baseline"], "no: no such directory"),
        (["locks.py:Lock", "--no-cache"], "--no-cache is for a list of checks, or what is bundled"),
        (["--junit", "r.x", "--sarif", "r.x"], "r.x: --sarif and --junit would write the same"),
        (["--junit", "no/r.xml"], "no: no such directory to write r.xml in"),
    ],
)
def test_bad_input(
    arguments: list[str], said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "empty.toml").touch()
    assert run(["verify", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_without_a_list_there_is_nothing_to_keep(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").touch()
    assert run(["verify", "--baseline", "b.json"]) == 2
    said = "--baseline is for a list of checks, and there is none: write a quorate.toml"
    assert said in capsys.readouterr().err
