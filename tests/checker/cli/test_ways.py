"""Every way to check and every option: what it does is seen, or it is refused by name.

Which way takes which option is said here once more, so that a change of it is noticed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from quorate.checker.cli import watch
from quorate.checker.cli.check import command
from quorate.checker.cli.main import run
from quorate.traces import read_itf

from ...support.cluster import start_ray

CASES = Path(__file__).parents[2] / "cases" / "models"
CLIMB = str(Path(__file__).with_name("climb.py"))
HOLDS, UNMET, VIOLATED = (["-s", f"Step={n},Side=2"] for n in (3, 2, 5))
MANY = ["-s", "Step=3,Side=5"]  # 1,024 states

# Breadth-first search, and what changes nothing of its verdict.
BREADTH_FIRST = {
    "breadth-first": [],
    "threads": ["--threads", "2"],
    "symmetry": ["--symmetry"],
    "por": ["--por"],
    "disk": ["--memory", "1"],
    "checkpoint": ["--checkpoint", "own"],
}
RAY = {"ray": ["--ray", "local", "--workers", "1"]}
WAYS = {
    **BREADTH_FIRST,
    "reference": ["--reference"],
    "depth-first": ["--search", "depth-first"],
    "best-first": ["--search", "best-first"],
    "random": ["--search", "random", "--walks", "200"],
    "bmc": ["--bmc", "6"],
    "induction": ["--induction", "6"],
    **RAY,
}
NEVER_PASS = {"random", "bmc"}
STORING = {*BREADTH_FIRST, "depth-first", "best-first", "ray"}
SHORTEST = WAYS.keys() - {"depth-first", "best-first", "random"}


@dataclass
class Asked:
    """One way, from an empty folder."""

    way: str
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def command(self, arguments: tuple[str, ...]) -> list[str]:
        """The whole command; a checkpoint is one of its own."""
        shutil.rmtree("own", ignore_errors=True)
        return ["check", CLIMB, *WAYS[self.way], *arguments]

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """The exit code, and what was printed."""
        code = run(self.command(arguments))
        printed = self.capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out + printed.err

    def told(self, *arguments: str) -> dict[str, object]:
        """What is said to programs."""
        run(self.command((*arguments, "--json")))
        found: dict[str, object] = json.loads(self.capsys.readouterr().out)
        return found

    @property
    def passed(self) -> int:
        return 4 if self.way in NEVER_PASS else 0


# ---------------------------------------------------------------- what each option does


def invariant(ask: Asked) -> None:
    assert ask(*VIOLATED)[0] == 1
    assert ask(*VIOLATED, "-i", "whole")[0] == ask.passed
    code, said = ask(*VIOLATED, "-i", "hole")
    assert code == 2 and "Climb has no invariant `hole`; did you mean whole?" in said


def sizes(ask: Asked) -> None:
    assert ask(*HOLDS)[0] == ask.passed
    assert ask(*VIOLATED)[0] == 1
    code, said = ask("-s", "Step=3")
    assert code == 2 and "Climb needs a size for Side" in said


def faults(ask: Asked) -> None:
    assert ask(*HOLDS, "-f", "slip=1")[0] == 1
    code, said = ask(*HOLDS, "-f", "slide=1")
    assert code == 2 and "Climb has no fault `slide`" in said


def memory(ask: Asked) -> None:
    code, said = ask(*MANY, "--memory", "4KiB")
    if ask.way not in BREADTH_FIRST:
        assert code == 4 and ("no more memory" in said or "out of memory" in said)
        return
    assert code == 0 and "states fit in 4.0 KiB; more go to the disk" in said
    assert ("on disk after" in said) == (ask.way not in ("symmetry", "por"))  # few enough


def spill(ask: Asked) -> None:
    code, said = ask(*HOLDS, "--spill", "missing")
    assert code == 2 and "missing: no such directory to keep states in" in said
    assert ask(*HOLDS, "--spill", ".")[0] == 0


def checkpoint(ask: Asked) -> None:
    command = [*VIOLATED, "-i", "whole", "--checkpoint", "kept"]
    assert ask(*command)[0] == 0
    assert list(Path("kept").iterdir())
    code, said = ask(*command)
    assert code == 0 and ("was finished already" in said or ask.way == "ray")
    code, said = ask(*VIOLATED, "-i", "low", "--checkpoint", "kept")
    assert code == 2 and "invariant" in said


def every(ask: Asked) -> None:
    if ask.way != "checkpoint":
        code, said = ask(*HOLDS, "--every", "5")
        assert code == 2 and "--every says how often --checkpoint does" in said
    from quorate.checker.explore.search import storage
    from quorate.checker.explore.search.checkpoint import CheckpointFolder

    made: list[object] = []
    commit = CheckpointFolder.commit

    def counted(self: CheckpointFolder, saved: object) -> None:
        made.append(saved)
        commit(self, saved)  # type: ignore[arg-type]

    ask.patch.setattr(CheckpointFolder, "commit", counted)
    ask.patch.setattr(storage, "SLICE", 1)
    for seconds, least, most in (("0", 2, 99), ("9999", 1, 1 + (ask.way == "disk"))):
        made.clear()
        assert ask(*HOLDS, "--checkpoint", f"every{seconds}", "--every", seconds)[0] == 0
        assert least <= len(made) <= most or ask.way == "por"  # which expands one state


def limit(ask: Asked) -> None:
    found = ask.told(*VIOLATED, "--limit", "4")
    states = 6 if ask.way == "disk" else 4  # on disk it is looked at when a level ends
    assert (found["exit"], found["outcome"], found["states"]) == (4, "limit reached", states)


def trace(ask: Asked) -> None:
    assert ask(*HOLDS, "--trace", "t.itf.json")[0] == ask.passed
    assert not Path("t.itf.json").exists()
    code, said = ask(*VIOLATED, "--trace", "t.itf.json")
    assert code == 1 and "trace written to t.itf.json" in said
    steps = len(read_itf(Path("t.itf.json")).steps)
    assert steps == 4 if ask.way in SHORTEST else steps >= 4


def graph(ask: Asked) -> None:
    code, said = ask(*HOLDS, "--graph", "g.json")
    if ask.way == "disk":  # the states must be in memory, and the graph in what they leave
        assert code == 4 and "the graph left out" in said and not Path("g.json").exists()
    else:
        assert code == 0 and len(json.loads(Path("g.json").read_text())["nodes"]) == 16
    code, said = ask(*HOLDS, "--graph", "same.json", "--trace", "same.json")
    assert code == 2 and "--trace and --graph would write the same file" in said


def symmetry(ask: Asked) -> None:
    found = ask.told(*HOLDS, "--symmetry")
    reduced = found["symmetry"]
    assert isinstance(reduced, dict) and reduced["sorts"] == ["Side"]


def por(ask: Asked) -> None:
    found = ask.told(*HOLDS, "--por")
    assert (found["exit"], found["por"], found["states"]) == (0, True, 1)


def eager(ask: Asked) -> None:
    found = ask.told(*HOLDS, "--eager")
    assert (found["exit"], found["por"]) == (0, True)
    assert 0 < found["states"] <= 64


def threads(ask: Asked) -> None:
    from quorate.checker.explore.search import in_memory, storage
    from quorate.checker.explore.store.memory import Partitions, StateStore

    shards: list[int] = []
    split = Partitions.split

    def counted(store: StateStore, number: int) -> Partitions:
        shards.append(number)
        return split(store, number)

    ask.patch.setattr(in_memory, "CROWD", 1)
    ask.patch.setattr(storage, "SLICE", 1)
    ask.patch.setattr(Partitions, "split", counted)
    assert ask(*MANY, "--threads", "3")[0] == 0
    assert shards == [3] or ask.way in ("disk", "por")  # where nobody waits


def depth(ask: Asked) -> None:
    code, said = ask(*VIOLATED, "--depth", "2")
    assert code == 4
    assert "at depth 2 were not expanded" in said or "random walks of at most 2 steps" in said


def walks(ask: Asked) -> None:
    code, said = ask(*HOLDS, "--walks", "3")
    assert code == 4 and "3 random walks" in said


def seed(ask: Asked) -> None:
    found = [ask.told(*HOLDS, "--walks", "9", "--seed", n) for n in "778"]
    assert "seed 7;" in str(found[0]["partial"])
    fired = [f["transitions"] for f in found]
    assert fired[0] == fired[1] != fired[2]


def workers(ask: Asked) -> None:
    from quorate.checker.explore.search.cluster.search import ClusterSearch

    shards: list[int] = []
    begin = ClusterSearch._begin

    def counted(search: ClusterSearch) -> None:
        shards.append(search.shards)
        begin(search)

    ask.patch.setattr(ClusterSearch, "_begin", counted)
    assert ask(*HOLDS, "--workers", "2")[0] == 0
    assert shards == [2]


def strict(ask: Asked) -> None:
    if ask.way == "induction":
        quiet = ["check", str(CASES / "no_invariant.py"), "-s", "P=2", *WAYS[ask.way]]
        assert (run(quiet), run([*quiet, "--strict"])) == (0, 4)
        return
    assert ask(*UNMET)[0] == ask.passed
    assert ask(*UNMET, "--strict")[0] == 4
    assert ask(*HOLDS, "--strict")[0] == (4 if ask.way == "por" else ask.passed)


def deadlock(ask: Asked) -> None:
    found = ask.told(*HOLDS, "--deadlock")
    assert (found["violated"], found["depth"], found["exit"]) == ("deadlock freedom", 6, 1)
    assert ask(*HOLDS)[0] == ask.passed


def temporal(ask: Asked) -> None:
    code, said = ask(*HOLDS, "-t", "settles")
    assert code == 2 and "Climb has no temporal property `settles`; it has none" in said


def coverage(ask: Asked) -> None:
    plain = ["check", CLIMB, *HOLDS, "--coverage"]
    assert run(plain) == 0
    lines = _covered(ask.capsys.readouterr().out)
    code, said = ask(*HOLDS, "--coverage")
    assert code == 0 and len(lines) == 3
    if ask.way in ("symmetry", "por"):
        assert [line.split("  ")[-1] for line in _covered(said)] == [
            line.split("  ")[-1] for line in lines
        ]
    else:
        assert _covered(said) == lines
    assert "no guards were counted: the search is not complete" in ask(*VIOLATED, "--coverage")[1]


def _covered(said: str) -> list[str]:
    return [line for line in said.splitlines() if "enabled" in line or "stopped by" in line]


def as_json(ask: Asked) -> None:
    found = ask.told(*VIOLATED, "-i", "low")
    assert found["violated"] == "low" and found["exit"] == 1


def ascii_only(ask: Asked) -> None:
    code, said = ask(*VIOLATED, "--ascii")
    assert code == 1 and said.isascii()


def reports(ask: Asked) -> None:
    written = ["--html", "page.html", "--sarif", "found.sarif", "--junit", "found.xml"]
    assert ask(*VIOLATED, *written)[0] == 1
    assert "low" in Path("page.html").read_text()
    (violation,), failures, errors = _results()
    assert violation["kind"] == "fail" and violation["codeFlows"] and (failures, errors) == (1, 0)
    assert ask(*HOLDS, *written)[0] == ask.passed
    left, failures, errors = _results()
    assert [r["kind"] for r in left] == ["open"] * errors
    assert failures == 0 and bool(errors) == (ask.passed == 4)


def _results() -> tuple[list[dict[str, object]], int, int]:
    """What a program finds: SARIF's results, JUnit's failures and errors."""
    found = json.loads(Path("found.sarif").read_text())["runs"][0]["results"]
    suites = ElementTree.parse("found.xml").getroot()
    return found, len(suites.findall(".//failure")), len(suites.findall(".//error"))


def watched(ask: Asked) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    ask.patch.setattr(watch.time, "sleep", interrupt)
    code, said = ask(*VIOLATED, "--watch")
    assert code == 130 and "exit code 1; waiting for a change" in said


@dataclass(frozen=True)
class Option:
    """An option of the verb: an argument for it, which ways take it, and what is seen of it."""

    arguments: list[str]
    ways: set[str]
    seen: Callable[[Asked], None]


EVERY_WAY, PLAIN = set(WAYS), BREADTH_FIRST.keys()
OPTIONS = {
    "-i": Option(["-i", "whole"], EVERY_WAY, invariant),
    "-s": Option([], EVERY_WAY, sizes),
    "-f": Option(["-f", "slip=1"], EVERY_WAY, faults),
    "--memory": Option(["--memory", "1GiB"], STORING, memory),
    "--spill": Option(["--spill", "."], PLAIN - {"checkpoint"}, spill),
    "--checkpoint": Option(["--checkpoint", "kept"], {*PLAIN, "ray"}, checkpoint),
    "--every": Option(["--every", "9"], set(PLAIN), every),
    "--limit": Option(["--limit", "9"], {*PLAIN, "reference", *STORING} - {"ray"}, limit),
    "--trace": Option(["--trace", "t.itf.json"], EVERY_WAY, trace),
    "--graph": Option(["--graph", "g.json"], {"breadth-first", "threads", "disk"}, graph),
    "--symmetry": Option(["--symmetry"], STORING, symmetry),
    "--por": Option(["--por"], set(PLAIN), por),
    "--eager": Option(["--eager"], set(PLAIN) - {"por"}, eager),
    "--threads": Option(["--threads", "2"], set(PLAIN), threads),
    "--depth": Option(["--depth", "3"], {"depth-first", "random"}, depth),
    "--walks": Option(["--walks", "3"], {"random"}, walks),
    "--seed": Option(["--seed", "0"], {"random"}, seed),
    "--workers": Option(["--workers", "2"], {"ray"}, workers),
    "--strict": Option(["--strict"], EVERY_WAY, strict),
    "--coverage": Option(["--coverage"], {*STORING, "reference"}, coverage),
    "--deadlock": Option(["--deadlock"], {*STORING, "reference", "random"}, deadlock),
    "-t": Option(["-t", "settles"], set(PLAIN) - {"symmetry", "por"}, temporal),
    "--html --sarif --junit": Option([], EVERY_WAY, reports),
    "--watch": Option(["--watch"], EVERY_WAY, watched),
    "--json": Option(["--json"], EVERY_WAY, as_json),
    "--ascii": Option(["--ascii"], EVERY_WAY, ascii_only),
}
CHOOSING = {"--reference", "--search", "--bmc", "--induction", "--ray"}


def test_the_table_has_every_option() -> None:
    names = {name for p in command.params if p.param_type_name == "option" for name in p.opts}
    long = {"-i": "--invariant", "-s": "--sizes", "-f": "--faults", "-t": "--temporal"}
    ours = {name for names in OPTIONS for name in names.split()}
    assert names == {*ours, *long.values()} | CHOOSING


@pytest.fixture
def asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str], Asked]]:
    monkeypatch.chdir(tmp_path)
    yield lambda way: Asked(way, capsys, monkeypatch)


def pairs() -> list[Any]:
    found = []
    for way in WAYS:
        for name, option in OPTIONS.items():
            if way in option.ways:
                # On a cluster each takes seconds; `explore/test_cluster.py` tries three at once.
                marks = [pytest.mark.exhaustive] if way == "ray" else []
                found.append(pytest.param(way, name, id=f"{way} {name}", marks=marks))
    return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="the extra quorate[cluster] is not installed")
    from quorate.checker.explore.search.cluster import search

    start_ray()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "connect", lambda _: None)  # once is enough
        yield
    ray.shutdown()


@pytest.mark.parametrize(("way", "name"), pairs())
def test_an_option_does_what_it_says(
    way: str, name: str, asked: Callable[[str], Asked], request: pytest.FixtureRequest
) -> None:
    if way == "ray":
        request.getfixturevalue("cluster")
    OPTIONS[name].seen(asked(way))


REFUSED = [(w, n) for w in WAYS for n, option in OPTIONS.items() if w not in option.ways]


@pytest.mark.parametrize(("way", "name"), REFUSED, ids=[" ".join(pair) for pair in REFUSED])
def test_or_it_is_refused_by_name(way: str, name: str, asked: Callable[[str], Asked]) -> None:
    code, said = asked(way)(*HOLDS, *OPTIONS[name].arguments)
    assert code == 2 and name in said
    base = "breadth-first" if way in BREADTH_FIRST else way
    chosen = {f"--{base}", f"--search {base}", f"--{way}"}
    assert any(c in said for c in chosen)
    assert list(Path().iterdir()) == []


EXCLUSIVE = list(combinations([w for w in WAYS if w not in BREADTH_FIRST], 2))


@pytest.mark.parametrize(("one", "other"), EXCLUSIVE, ids=[" ".join(pair) for pair in EXCLUSIVE])
def test_two_ways_at_once_are_refused(one: str, other: str, asked: Callable[[str], Asked]) -> None:
    code, said = asked(one)(*HOLDS, *WAYS[other])
    searches = {"depth-first", "best-first", "random"}
    if {one, other} <= searches:
        return  # the last --search counts
    assert code == 2 and "are two ways to check" in said


@pytest.mark.parametrize("way", [w for w in WAYS if w != "ray"])
def test_what_holds_is_not_touched_by_what_does_not(
    way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    two = ["check", str(CASES / "two.py"), *(a for a in WAYS[way] if a != "own")]
    if way == "checkpoint":
        two.pop()
    assert run([*two, "-i", "never_y"]) == (4 if way in NEVER_PASS else 0)
    assert "never_x" not in capsys.readouterr().out
    assert run([*two, "-i", "never_z"]) == 2
    assert "Two has no invariant `never_z`; did you mean never_y?" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["breadth-first", "threads", "disk", "reference"])
def test_transitions_at_a_violation_are_counted_alike(
    way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(CASES / "two.py"), *WAYS[way], "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["states"], found["transitions"], found["depth"]) == (2, 2, 1)


# ---------------------------------------------------------------- nothing claimed

NO_START = """\
from quorate.model.language import Protocol, action, durable, init, invariant, require


class Never(Protocol):
    on: bool = durable(False)

    @init
    def start(self) -> None:
        require(self.on)
        self.on = True

    @action
    def go(self) -> None:
        self.on = True

    @invariant
    def fine(self) -> bool:
        return True
"""


@pytest.mark.parametrize("way", [w for w in WAYS if w != "ray"])
@pytest.mark.parametrize("what", ["no invariant", "no initial state"])
def test_of_nothing_nothing_holds(
    way: str,
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("never.py").write_text(NO_START)
    model = (
        [str(CASES / "no_invariant.py"), "-s", "P=2"] if what == "no invariant" else ["never.py"]
    )
    code = run(["check", *model, *WAYS[way]])
    said = capsys.readouterr().out
    assert "✓" not in said and "0 invariants" not in said
    assert what in said or way == "bmc"
    assert code == (4 if way == "bmc" or (way, what) == ("random", "no invariant") else 0)
    assert run(["check", *model, *WAYS[way], "--strict"]) == 4
    capsys.readouterr()
    assert run(["check", *model, *WAYS[way], "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    ended = found["verdict"] if way == "induction" else found["outcome"]
    assert ended == ("nothing claimed" if code == 0 else "no violation within the depth")


# ---------------------------------------------------------------- mistakes first

SLIP = """\
from quorate.model.language import Protocol, Sort, action, durable


class Node(Sort): ...


class Slip(Protocol):
    on: bool = durable(False)

    @action
    def go(self, n: Node) -> None:
        self.of = True
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "slip.py"],
        ["check", "slip.py", "-s", "Nod=3"],
        ["check", "slip.py", "-s", "Node=0", "--reference"],
        ["check", "slip.py", "-s", "Node=3", "-i", "unknown"],
        ["check", "slip.py", "-f", "crash=1", "--bmc", "3"],
        ["check", "slip.py", "-s", "Node=99", "--induction", "2"],
        ["verify", "slip.py", "-s", "Nod=3"],
        ["export", "slip.py", "-s", "Nod=3", "-o", "Slip.tla"],
        ["refine", "slip.py", "Paxos"],
        ["prove", "slip.py", "-i", "unknown"],
    ],
    ids=" ".join,
)
def test_mistakes_of_the_model_come_before_wrong_sizes(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("slip.py").write_text(SLIP)
    assert run(arguments) == 3
    assert "slip.py:12:9" in capsys.readouterr().err
