"""`quorate replay` with an adapter of one's own: exit codes, and where things are found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from quorate.checker.cli.main import run

CASES = Path(__file__).parents[2] / "cases" / "adapters"

MODEL = """\
from quorate.model.language import Map, Protocol, Sort, action, durable, invariant, require


class Voter(Sort): ...


class Lock(Protocol):
    holds: Map[Voter, bool] = durable(False)

    @action
    def take(self, v: Voter) -> None:
        require(not self.holds[v])
        self.holds[v] = True

    @invariant
    def one_holder(self) -> bool:
        return all(v == w for v in Voter for w in Voter if self.holds[v] and self.holds[w])
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model in one folder and its counterexample in another."""
    top = tmp_path_factory.mktemp("repository")
    (top / "models").mkdir()
    (top / "traces").mkdir()
    (top / "models" / "lock.py").write_text(MODEL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(top)
        check = ["check", "models/lock.py:Lock", "-s", "Voter=2", "--trace", "traces/two.itf.json"]
        assert run(check) == 1
    return top


def test_the_model_is_found_from_anywhere(
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trace = repository / "traces" / "two.itf.json"
    recorded = json.loads(trace.read_text())["#meta"]["quorate"]["protocol"]
    assert recorded == "../models/lock.py:Lock"
    moved = tmp_path / "moved"
    shutil.copytree(repository, moved)
    for folder, file in [
        (repository, "traces/two.itf.json"),
        (repository / "traces", "two.itf.json"),
        (tmp_path, "moved/traces/two.itf.json"),
    ]:
        monkeypatch.chdir(folder)
        # It is found: what is missing is an implementation.
        assert run(["replay", file]) == 2
        assert "no implementation of Lock is bundled" in capsys.readouterr().err


def test_a_model_that_is_gone(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "two.itf.json"
    shutil.copy(repository / "traces" / "two.itf.json", alone)
    assert run(["replay", str(alone)]) == 2
    error = capsys.readouterr().err
    assert f"{alone}: its protocol ../models/lock.py:Lock is not there, neither as " in error
    assert error.endswith("; give it with --protocol path.py:Class\n")
    protocol = ["--protocol", f"{repository}/models/lock.py:Lock"]
    assert run(["replay", str(alone), *protocol]) == 2
    assert "no implementation of Lock is bundled" in capsys.readouterr().err


def test_a_trace_of_no_protocol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.itf.json"
    file.write_text('{"vars": ["x"], "states": [{"x": 1}]}')
    assert run(["replay", str(file)]) == 2
    assert f"{file}: does not say of which protocol it is; give" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("adapter", "code", "out", "error"),
    [
        (
            "noop.py:Nothing",
            4,
            "! unjudged: nothing was compared: the adapter observes nothing",
            "",
        ),
        ("noop.py:Bare", 4, "! unjudged: no step changed what the adapter shows (holds)", ""),
        ("noop.py:Typo", 2, "", "error: at the start: observe ("),
        ("broken.py:Exits", 2, "", "error: step 1, take(v=v0): perform calls for an exit (0), "),
    ],
)
def test_exit_codes(
    repository: Path,
    adapter: str,
    code: int,
    out: str,
    error: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trace = str(repository / "traces" / "two.itf.json")
    assert run(["replay", trace, "--adapter", str(CASES / adapter)]) == code
    said = capsys.readouterr()
    assert said.out.startswith(out) and said.err.startswith(error)
    assert "✓" not in said.out and "bug" not in said.err
    assert bool(said.out) == bool(out) and bool(said.err) == bool(error)


def test_unjudged_as_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = str(repository / "traces" / "two.itf.json")
    adapter = str(CASES / "noop.py:Nothing")
    assert run(["replay", trace, "--adapter", adapter, "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert (found["exit"], found["verdict"], found["unseen"]) == (4, "unjudged", ["holds"])
    assert found["reason"].startswith("nothing was compared")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--adapter", "a.py:A", "--impl", "healthy"], "--impl is for the bundled implementation"),
        (["--step-timeout", "3"], "--step-timeout is for --adapter"),
        (["--adapter", "a.py:A", "--step-timeout", "nan"], "--step-timeout: found nan, expected"),
        (["--adapter", "a.py:A", "--step-timeout", "0"], "0.0 is not in the range x>0"),
    ],
)
def test_options_that_do_not_go_together(
    repository: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", str(repository / "traces" / "two.itf.json"), *options]) == 2
    assert message in capsys.readouterr().err
