"""What the model leaves undefined is a finding: exit 3, with the shortest run, in every way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.traces import read_itf

CASE = str(Path(__file__).parents[2] / "cases/models/undefined_step.py")
WAYS = [
    (),
    ("--reference",),
    ("--threads", "2"),
    ("--symmetry",),
    ("--por",),
    ("--memory", "4KiB"),
    ("--search", "depth-first", "--depth", "9"),
    ("--search", "best-first"),
    ("--search", "random"),
    ("--bmc", "5"),
    ("--induction", "4"),
]


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_counter_beyond_its_range(
    way: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "u.itf.json"
    assert run(["check", CASE, "-s", "N=2", *way, "--trace", str(file)]) == 3
    out = capsys.readouterr().out
    assert "the model is undefined: up() in step 3" in out
    assert "✗ the model is undefined here: up(): n = 3, but N goes from 0 to 2" in out
    assert "13 |         self.n = self.n + 1\n   |                  ^^^^^^^^^^\n" in out
    trace = read_itf(file)
    assert [s.action for s in trace.steps] == ["up", "up"] and trace.violation is None
    assert trace.undefined is not None and trace.undefined.kind == "action"
    assert trace.undefined.step.title() == "up()" and trace.undefined.step.because == (2,)


def test_the_same_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", CASE, "-s", "N=2", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["outcome"], found["exit"], found["error"]) == ("undefined", 3, None)
    assert found["depth"] == 3 and len(found["run"]["steps"]) == 2
    undefined = found["run"]["undefined"]
    assert (undefined["kind"], undefined["name"], undefined["arguments"]) == ("action", "up", {})
    assert undefined["message"] == "n = 3, but N goes from 0 to 2"
    assert (undefined["place"]["line"], undefined["place"]["column"]) == (13, 18)
    assert undefined["expression"] == "self.n + 1"


@pytest.mark.parametrize("way", [(), ("--reference",), ("--threads", "2"), ("--memory", "4KiB")])
def test_the_undefined_step_is_a_transition(
    way: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", CASE, "-s", "N=2", *way, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["states"], found["transitions"]) == (3, 3)


def test_a_checkpoint_keeps_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["check", CASE, "-s", "N=2", "--checkpoint", str(tmp_path / "kept"), "--json"]
    told = []
    for _ in range(2):
        assert run(command) == 3
        told.append(json.loads(capsys.readouterr().out))
    assert told[1]["resumed"]["finished"]
    assert told[0]["run"]["undefined"] == told[1]["run"]["undefined"]


def test_verify_ends_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", CASE, "-s", "N=2", "--out", str(tmp_path)]) == 3
    out = capsys.readouterr().out
    assert "✗ the model is undefined here: up(): n = 3, but N goes from 0 to 2" in out
    assert read_itf(tmp_path / "Up-undefined.itf.json").undefined is not None


ADAPTER = """\
from quorate.traces import FrozenMap

class Up:
    def start(self, trace):
        self.n = 0
    def perform(self, action, args):
        self.n += 1
        return frozenset()
    def observe(self):
        return {"n": self.n}
"""


def test_a_replay_does_the_steps_before_it_and_judges_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, adapter = tmp_path / "u.itf.json", tmp_path / "adapter.py"
    adapter.write_text(ADAPTER)
    assert run(["check", CASE, "-s", "N=2", "--trace", str(file)]) == 3
    assert run(["replay", str(file), "--adapter", f"{adapter}:Up"]) == 4
    out = capsys.readouterr().out
    assert "unjudged: the model is undefined after these steps (up(): no further can be" in out


MODEL = """\
from quorate.model.language import *

class N(Nat): ...
class P(Sort): ...
class Log(Protocol):
    log: Seq[P, N] = durable(())
    who: P | None = durable(None)

{extra}
    @action
    def add(self, p: P) -> None:
        require(any(t == len(self.log) + 1 for t in N))
        self.log = self.log + (p,)

    @invariant
    def fine(self) -> bool:
        return {fine}
"""
INIT = """\
    @init
    def start(self, p: P) -> None:
        self.log = (p, p)
"""
REACHABLE = """\
    @reachable
    def second(self) -> bool:
        return len(self.log) == 0 or self.log[1] == self.log[0]
"""
ELSEWHERE = [
    ("", "self.log[0] == self.log[0]", "invariant", "fine", 0, "there is no entry 0: the sequence"),
    (REACHABLE, "True", "reachable", "second", 1, "there is no entry 1: the sequence has 1 entry"),
    (INIT, "True", "init", "start", 0, "log has 2 entries, but N ends at 1"),
]


@pytest.mark.parametrize(("extra", "fine", "kind", "name", "steps", "what"), ELSEWHERE)
@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_in_properties_and_at_the_start(
    extra: str,
    fine: str,
    kind: str,
    name: str,
    steps: int,
    what: str,
    way: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = tmp_path / "m.py"
    model.write_text(MODEL.format(extra=extra, fine=fine))
    file = tmp_path / "u.itf.json"
    assert run(["check", str(model), "-s", "N=1,P=1", *way, "--trace", str(file)]) == 3
    out = capsys.readouterr().out
    assert f"the model is undefined here: {name}" in out
    trace = read_itf(file)
    assert trace.undefined is not None
    assert (trace.undefined.kind, len(trace.steps)) == (kind, steps)
    assert what in trace.undefined.what


BOUNDED = """\
from quorate.model.language import *

class N(Nat): ...
class Up(Protocol):
    n: N = durable(0)

    @action
    def up(self) -> None:
        require(self.n < 2)
        require({bound})  # the bound
        self.n = self.n + 1

    @invariant
    def fine(self) -> bool:
        return self.n <= 2
"""


BOUNDS = [
    "any(self.n < t for t in N)",
    "any(self.n + 1 <= t for t in N)",
    "any(t == self.n + 1 for t in N)",
]


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("way", [(), ("--reference",)], ids=" ".join)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_bounded_counter_warns_of_nothing(
    bound: str, way: tuple[str, ...], size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even where the sort has more numbers than the protocol ever needs."""
    model = tmp_path / "m.py"
    model.write_text(BOUNDED.format(bound=bound))
    code = run(["check", str(model), "-s", f"N={size}", *way, "--strict"])
    out = capsys.readouterr().out
    assert f"require({bound})` was never" not in out
    assert code == (0 if size > 1 else 4), "at 1, it is the other guard that is never false"


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("fine", "code", "said"),
    [
        ("self.n >= 0", 3, "✗ the model is undefined here: up(): n = 3, but N goes from 0 to 2"),
        ("self.n < 2", 1, "✗ fine is violated: n = 2 >= 2"),
    ],
)
def test_on_a_cluster(fine: str, code: int, said: str, tmp_path: Path) -> None:
    """In a process of its own: so is the end of Ray, with all that it prints."""
    pytest.importorskip("ray")
    model, file = tmp_path / "m.py", tmp_path / "u.itf.json"
    model.write_text(Path(CASE).read_text().replace("self.n >= 0", fine))
    arguments = ["check", str(model), "-s", "N=2", "--ray", "local", "--trace", str(file)]
    done = subprocess.run(
        [Path(sys.executable).with_name("quorate"), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, said in done.stdout) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert len(read_itf(file).steps) == 2
