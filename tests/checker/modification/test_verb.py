"""`quorate diff` and `quorate.diff`: parts, verdicts, runs each way, revisions, bad input."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import quorate
from quorate.checker.cli.main import run
from tests.checker.cli.shared import VALIDATOR

LOCK = """\
from quorate.model.language import Map, Protocol, Sort, action, define, durable, invariant
from quorate.model.language import reachable, require


class Node(Sort): ...


class Lock(Protocol):
    held: Map[Node, bool] = durable(False)

    @define
    def is_free(self) -> bool:
        return not any(self.held[m] for m in Node)

    @action
    def take(self, n: Node) -> None:
        require(self.is_free())
        self.held[n] = True

    @action
    def give(self, n: Node) -> None:
        require(self.held[n])
        self.held[n] = False

    @invariant
    def one_at_a_time(self) -> bool:
        return all(not (self.held[n] and self.held[m]) or n == m for n in Node for m in Node)

    @reachable
    def it_is_held(self) -> bool:
        return any(self.held[n] for n in Node)
"""
SIZES = ["-s", "Node=2"]


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock in a file of the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("old.py").write_text(LOCK)
    return Path("old.py")


def test_numbers_stand_below_each_other_in_ascii(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("new.py").write_text(LOCK.replace("        require(self.held[n])\n", ""))
    run(["diff", "old.py:Lock", "new.py:Lock", "-s", "Node=3", "--ascii"])
    counted = [
        x for x in capsys.readouterr().out.splitlines() if x.startswith("  ") and " -> " in x
    ]
    assert len({len(x) for x in counted}) == 1 and any("->  " in x for x in counted), counted


def test_a_guard_is_gone(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.py").write_text(LOCK.replace("        require(self.is_free())\n", ""))
    assert run(["diff", "old.py:Lock", "new.py:Lock", *SIZES, "--trace", "run.itf.json"]) == 1
    said = capsys.readouterr().out
    assert "! action take changed (guards)\n    -     require(self.is_free())\n" in said
    assert "✗ one_at_a_time: holds → violated in 2 steps\n" in said
    assert "  states         3 →  4\n" in said
    assert "! the new version does what the old one does not, first after 2 steps:\n" in said
    assert "  ✗ old.py:17: require(self.is_free())\n" in said
    assert "✓ the old version does nothing that the new one does not: 4 steps compared\n" in said
    trace = json.loads(Path("run.itf.json").read_text())
    assert len(trace["states"]) == 3


def test_json_and_what_it_says_of_a_lost_goal(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("new.py").write_text(LOCK.replace("require(self.is_free())", "require(self.held[n])"))
    assert run(["diff", "old.py", "new.py", *SIZES, "--json", "--prove"]) == 1
    found = json.loads(capsys.readouterr().out)
    VALIDATOR.validate(found)
    assert found["worse"] == ["it_is_held"]
    assert (found["forth"]["outcome"], found["forth"]["refines"]) == ("nothing compared", False)
    assert (found["back"]["outcome"], found["back"]["failure"]["step"]) == ("does not refine", 1)
    assert (found["old"]["proof"], found["new"]["proof"]) == ("proved", "proved")


def test_formatting_is_no_difference(old: Path) -> None:
    changed = LOCK.replace(
        "        require(self.is_free())", "        # first\n        require( self.is_free( ) )"
    )
    Path("new.py").write_text(changed)
    result = quorate.diff("old.py:Lock", "new.py:Lock", sizes={"Node": 2})
    found = result.modification
    assert found.parts == () and found.same_behaviour and result.holds
    assert "✓ the two mean the same, part by part" in repr(result)


def test_what_an_action_calls_and_what_is_added(old: Path) -> None:
    changed = LOCK.replace("any(self.held[m]", "all(self.held[m]")
    changed = changed.replace("    held: Map", "    count: bool = durable(False)\n    held: Map")
    Path("new.py").write_text(changed)
    found = quorate.diff("old.py:Lock", "new.py:Lock", sizes={"Node": 2}).modification
    parts = {(p.kind, p.name): (p.change, p.differs) for p in found.parts}
    assert parts[("variable", "count")] == ("added", ())
    assert parts[("action", "take")] == ("changed", ("what it calls",))
    assert ("define", "is_free") in parts
    assert "it has no count" in found.back.reason
    assert found.worse == ["one_at_a_time"]


def test_a_revision(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["init", "-q"], ["add", "old.py"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True)
    old.write_text(LOCK.replace("require(self.is_free())", "require(True)"))
    assert run(["diff", "git:HEAD:old.py:Lock", "old.py:Lock", *SIZES]) == 1
    assert "one_at_a_time: holds → violated in 2 steps" in capsys.readouterr().out
    for name, says in {
        "git:HEAD": "expected git:REVISION:path.py:Class",
        "git:nowhere:old.py": "nowhere: no such revision",
        "git:HEAD:away/old.py": "git:HEAD:away: no such folder at that revision",
        "git:HEAD:new.py:Lock": "git:HEAD:new.py: no such file at that revision",
        "git:HEAD:old.py:Look": "no protocol Look; did you mean Lock?",
    }.items():
        assert run(["diff", name, "old.py:Lock", *SIZES]) == 2
        assert says in capsys.readouterr().err


def test_a_revision_in_a_folder_of_the_repository(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path / "models")
    Path("lock.py").write_text(LOCK)
    Path("base.py").write_text("")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for command in (["init", "-q", ".."], ["add", "-A", ".."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True)
    for name in ("git:HEAD:lock.py", "git:HEAD:./lock.py", "git:HEAD:../models/lock.py"):
        found = quorate.diff(f"{name}:Lock", "lock.py:Lock", sizes={"Node": 2}).modification
        assert found.parts == () and found.same_behaviour
    assert quorate.diff("git:HEAD:../old.py", "lock.py", sizes={"Node": 2}).holds


CRASHING = """\
from quorate.model.language import *


class Node(Sort): ...
class Term(Nat): ...


class Told(Message, key=("n",)):
    n: Node


class Counting(Protocol):
    faults = {"crash": 1}
    kept: Map[Node, Term] = durable(0)
    seen: Map[Node, Term] = volatile(0)
    sent: Messages[Told]

    @action
    def count(self, n: Node) -> None:
        require(any(self.kept[n] < t for t in Term))
        self.kept[n] += 1
        self.seen[n] = self.kept[n]
        self.sent.add(Told(n))

    @action(fault="crash")
    def stop(self, n: Node) -> None:
        self.crash(n)
"""


def _told_of(changed: str, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    Path("one.py").write_text(CRASHING)
    Path("two.py").write_text(changed)
    code = run(["diff", "one.py", "two.py", *SIZES, "-s", "Term=2", *options])
    return code, capsys.readouterr().out


def test_more_faults_are_a_difference(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = CRASHING.replace('"crash": 1', '"crash": 2')
    code, said = _told_of(changed, "--strict", capsys=capsys)
    assert code == 4
    assert said.startswith(
        "Counting  Node=2, Term=2, crash=1 → Node=2, Term=2, crash=2\n"
        "! budget crash changed (declaration)\n"
        "    - faults: crash=1\n"
        "    + faults: crash=2\n"
    )
    new = "the new version does nothing that the old one does not, given as many faults (crash=2): "
    assert new in " ".join(said.split())
    assert "the old version does nothing that the new one does not: " in " ".join(said.split())
    _told_of(changed, "--html", "diff.html", capsys=capsys)
    page = Path("diff.html").read_text()
    assert "It does nothing that the old one does not, given as many faults (crash=2)." in page
    assert "It does nothing that the new one does not." in page
    assert '<td>crash</td><td class="number">1</td><td class="number">2</td>' in page
    code, said = _told_of(changed, "--strict", "-f", "crash=1", capsys=capsys)
    assert code == 0 and said.startswith("Counting  Node=2, Term=2, crash=1\n! budget crash")


def test_a_sort_and_a_message_are_compared_by_what_they_declare(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = CRASHING.replace("class Term(Nat): ...", 'class Term(Nat):\n    """Counts."""  # up')
    code, said = _told_of(changed, capsys=capsys)
    assert code == 0 and "✓ the two mean the same, part by part\n" in said
    changed = CRASHING.replace("class Node(Sort)", 'class Node(Sort, short="k")')
    _, said = _told_of(changed.replace(', key=("n",)', ""), capsys=capsys)
    assert "! sort Node changed (declaration)\n    - class Node(Sort): ...\n" in said
    assert '! message Told changed (declaration)\n    - class Told(Message, key=("n",)):\n' in said


def test_a_sort_of_another_name_is_matched(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = CRASHING.replace("Node", "Server").replace("self.seen[n] = self.kept[n]", "pass")
    Path("one.py").write_text(CRASHING)
    Path("two.py").write_text(changed)
    assert run(["diff", "one.py", "two.py", "-s", "Node=2,Server=2,Term=1"]) == 0
    said = capsys.readouterr().out
    assert "! sort Server added\n" in said
    assert "! the new version does what the old one does not, first after 1 step:\n" in said
    Path("two.py").write_text(changed.replace("pass", "self.seen[n] = self.kept[n]"))
    found = quorate.diff("one.py", "two.py", sizes={"Node": 2, "Server": 2, "Term": 1})
    assert found.modification.same_behaviour and found.modification.parts


def test_fixed_sizes_that_differ_are_both_shown(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("one.py").write_text(CRASHING.replace("class Node(Sort)", "class Node(Sort, size=1)"))
    Path("two.py").write_text(CRASHING.replace("class Node(Sort)", "class Node(Sort, size=2)"))
    assert run(["diff", "one.py", "two.py", "-s", "Term=1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "Counting  Node=1, Term=1, crash=1 → Node=2, Term=1, crash=1\n! sort Node"
    )
    assert "Node=2: Counting is declared for Node=1 alone" in " ".join(said.split())


HOLDER = LOCK.replace(
    "held: Map[Node, bool] = durable(False)", "holder: Node | None = durable(None)"
)
HOLDER = HOLDER.replace("self.held[n] = True", "self.holder = n").replace(
    "self.held[n] = False", "self.holder = None"
)
HOLDER = HOLDER.replace("self.held[n]", "(self.holder == n)")
HOLDER = HOLDER.replace("self.held[m]", "(self.holder == m)")
MAPPING = """

def to_old(self):
    return {"held": {n: self.holder == n for n in Node}}
"""


def test_a_mapping_of_ones_own(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.py").write_text(HOLDER + MAPPING)
    versions = ["diff", "old.py:Lock", "new.py:Lock", *SIZES, "--json"]
    assert run(versions) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["forth"]["reason"] == "it has no held; give --mapping, or see `quorate refine`"
    assert run([*versions, "--mapping", "new.py:to_old"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["forth"]["refines"] and found["back"]["reason"].startswith("it has no holder")
    Path("new.py").write_text(HOLDER.replace("        require(self.is_free())\n", "") + MAPPING)
    assert run([*versions, "--mapping", "new.py:to_old"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["forth"]["refines"] and found["forth"]["failure"]["step"] == 2
    assert run([*versions, "--mapping", "new.py:to_odl"]) == 2
    assert "did you mean to_old?" in json.loads(capsys.readouterr().out)["error"]["message"]


PASSING = """\
from quorate.model.language import Message, Messages, Protocol, Ring, action, at_most_once, require


class Node(Ring): ...


class Claim(Message, link=("source", "target")):
    source: Node
    target: Node


class Passing(Protocol):
    sent: Messages[Claim] = at_most_once()

    @action
    def claim(self, n: Node) -> None:
        require(not any(m == m for m in self.sent[Claim]))
        self.sent.add(Claim(n, n.next))

    @action
    def receive(self, n: Node, m: Claim) -> None:
        self.sent.add(Claim(n, n.next))
"""


def test_the_nearest_step_takes_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it is said to lead to is without the message that it receives."""
    monkeypatch.chdir(tmp_path)
    Path("old.py").write_text(PASSING)
    head, _ = PASSING.rsplit("        self.sent.add", 1)
    Path("new.py").write_text(f'{head}        """Nothing is passed on."""\n')
    run(["diff", "old.py", "new.py", "-s", "Node=2"])
    said = capsys.readouterr().out
    nearest = said.split("does not take step ")[1].splitlines()
    assert nearest[0] == "2, receive(n1, Claim(source=n0, target=n1)):"
    assert nearest[2] == "  ✗ Claim(source=n1, target=n0) is sent, but should not be"


def test_a_variable_of_another_type(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = LOCK.replace(
        "held: Map[Node, bool] = durable(False)", "held: Node | None = durable(None)"
    )
    for given, instead in (
        ("self.held[n]", "(self.held == n)"),
        ("(self.held == n) = True", "self.held = n"),
    ):
        other = other.replace(given, instead)
    other = other.replace("(self.held == n) = False", "self.held = None")
    Path("new.py").write_text(other.replace("self.held[m]", "(self.held == m)"))
    assert run(["diff", "old.py:Lock", "new.py:Lock", *SIZES]) == 0
    said = capsys.readouterr().out
    assert "not asked: read as it is,\n    held is" in said and "; give --mapping, or see" in said
