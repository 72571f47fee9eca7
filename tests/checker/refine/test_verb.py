"""`quorate refine`: the chain, one's own mapping, output, files, exit codes, errors of one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.checker.conform.replaying.recorded import check_trace
from quorate.checker.loading import load_protocol
from quorate.traces import read_itf

Output = pytest.CaptureFixture[str]

SIZES = ["-s", "Acceptor=3,Ballot=2,Value=2"]

MY = """\
from quorate.model.language import Map, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Value(Sort): ...


class Box(Protocol):
    \"\"\"One acceptor chooses for all.\"\"\"

    kept: Map[Acceptor, Value | None] = durable(None)

    @action
    def keep(self, a: Acceptor, v: Value) -> None:
        require(all(self.kept[b] is None for b in Acceptor))
        self.kept[a] = v


def to_consensus(self):
    return {"chosen": {self.kept[a] for a in Acceptor if self.kept[a] is not None}}


def to_nothing(self):
    return {}


NUMBER = 3
"""

HASTY = """\
from quorate.model.language import action, require
from quorate.model.paxos import Acceptor, Ballot, Paxos, Prepare, Promise


class Hasty(Paxos):
    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(not any(m.a == a and m.b == b for m in self.sent[Promise]))
        self.sent.add(Promise(a, b, self.max_vbal[a], self.max_val[a]))
        self.max_bal[a] = b
"""

OTHER = """\
from quorate.model.consensus import Consensus
from quorate.model.refinements import refinement
from my import Acceptor, Box


@refinement(concrete=Box, abstract=Consensus)
def to_consensus(self):
    return {"chosen": {self.kept[a] for a in Acceptor} - {None}}
"""


@pytest.fixture
def my(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text(MY)
    monkeypatch.delitem(sys.modules, "my", raising=False)
    Path("hasty.py").write_text(HASTY)
    Path("other.py").write_text(OTHER)
    Path("broken.py").write_text("x = 1\ny = 1 / 0\n")
    Path("odd.py").write_text("def f(:\n")
    return "my.py:Box"


def test_the_chain(capsys: Output) -> None:
    assert run(["refine", "Paxos", *SIZES]) == 0
    out = capsys.readouterr().out
    assert "✓ Paxos refines Voting: 3,921 states, 23,466 transitions" in out
    assert "✓ Voting refines Consensus: 599 states, 2,079 transitions" in out
    assert "phase2b  → vote_for 5,856, nothing 5,856" in out


def test_a_path_of_the_chain_and_faults(capsys: Output) -> None:
    sizes = ["-s", "Proposer=1,Acceptor=3,Learner=1,Value=2,Ballot=1"]
    assert run(["refine", "PaxosRoles", "Voting", *sizes, "-f", "crash=0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    links = [(r["concrete"], r["abstract"]) for r in found["refinements"]]
    assert [a.rpartition(":")[2] for _, a in links] == ["Paxos", "Voting"]
    first, second = found["refinements"]
    assert first["faults"] == {"crash": 0} and second["faults"] == {}
    assert (first["states"], first["transitions"], first["images"]) == (1057, 2517, 73)
    assert second["sizes"] == {"Acceptor": 3, "Ballot": 1, "Value": 2}
    assert first["taken"]["phase2b"] == 720 and first["stutters"] == 1632
    assert first["outcome"] == "refines" and first["failure"] is None
    assert found["schema"] == 1 and found["trace"] is None


def test_the_whole_chain_of_roles(capsys: Output) -> None:
    sizes = ["-s", "Proposer=1,Acceptor=2,Learner=1,Value=1,Ballot=1"]
    assert run(["refine", "PaxosRoles", *sizes]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✓")]
    names = [line[2:].partition(":")[0] for line in lines]
    assert names == [
        "PaxosRoles refines Paxos",
        "PaxosRoles refines Consensus",
        "Paxos refines Voting",
        "Voting refines Consensus",
    ]


def test_a_failure(capsys: Output, my: str) -> None:
    assert run(["refine", "hasty.py:Hasty", "Paxos", *SIZES, "--trace", "failing.json"]) == 1
    out = capsys.readouterr().out
    assert "✗ Hasty does not refine Paxos: step 4, phase1b(a0, b1)" in out
    assert "max_bal[a0]: b2 → b1" in out
    assert "no step of Paxos does that\nthe nearest is phase1b(a0, b1):\n" in out
    assert "  ✓ paxos.py:71: require(Prepare(b) in self.sent)\n" in out
    assert "  ✗ paxos.py:72: require(self.max_bal[a] < b)\n" in out
    assert "  ✓ its effects are those of the step\ntrace written to failing.json\n" in out
    trace = read_itf(Path("failing.json"))
    assert len(trace.steps) == 4 and trace.violation is None
    check_trace(trace, load_protocol(trace.protocol))


COUNTS = """\
from quorate.model.language import Nat, Protocol, action, durable, require


class N(Nat): ...


class Down(Protocol):
    n: N = durable(0)

    @action
    def up(self) -> None:
        require(self.n < 3)
        self.n = self.n + 1

    @action
    def back(self) -> None:
        require(self.n == 3)
        self.n = 0


class Up(Protocol):
    n: N = durable(0)

    @action
    def go(self) -> None:
        self.n = self.n + 1


class Beyond(Down):
    @action
    def bad(self) -> None:
        require(self.n == 3)
        self.n = self.n + 1


def same(self):
    return {"n": self.n}
"""


@pytest.mark.parametrize("concrete", ["Down", "Beyond"])
def test_an_abstract_step_that_is_undefined_has_a_run(
    concrete: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """Whether or not a later step of the concrete protocol is undefined too."""
    monkeypatch.chdir(tmp_path)
    Path("counts.py").write_text(COUNTS)
    command = ["refine", f"counts.py:{concrete}", "counts.py:Up", "--mapping", "counts.py:same"]
    assert run([*command, "-s", "N=3", "--trace", "t.json"]) == 3
    out = capsys.readouterr().out
    assert "✗ Up is undefined before step 4: counts.py:26: go(): n = 4, but N goes from 0" in out
    assert "4 back()" in out and len(read_itf(Path("t.json")).steps) == 4
    assert run([*command, "-s", "N=3", "--json"]) == 3
    (found,) = json.loads(capsys.readouterr().out)["refinements"]
    assert found["outcome"] == "undefined" and found["failure"] is None
    assert [s["action"] for s in found["undefined"]["steps"]] == ["up", "up", "up", "back"]


def test_nothing_follows_from_a_failure(capsys: Output, my: str) -> None:
    assert run(["refine", "hasty.py:Hasty", *SIZES, "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["refinements"]
    assert found["outcome"] == "does not refine"
    assert found["failure"]["action"] == "phase1b" and found["failure"]["step"] == 4
    assert found["failure"]["nearest"]["action"] == "increase_max_bal"
    assert found["failure"]["nearest"]["differs"] == []
    assert [g["held"] for g in found["failure"]["nearest"]["guards"]] == [False]


def test_ascii(capsys: Output) -> None:
    assert run(["refine", "Voting", *SIZES, "--ascii"]) == 0
    assert capsys.readouterr().out.isascii()


def test_own_mapping(capsys: Output, my: str) -> None:
    sizes = ["-s", "Acceptor=2,Value=2"]
    assert run(["refine", my, "Consensus", "--mapping", "my.py:to_consensus", *sizes]) == 0
    assert "✓ Box refines Consensus: 5 states, 4 transitions" in capsys.readouterr().out
    assert run(["refine", my, "--mapping", "other.py:to_consensus", *sizes]) == 0
    assert "  keep  → choose 4\n" in capsys.readouterr().out


def test_defaults_of_the_project(capsys: Output, my: str) -> None:
    table = "[tool.quorate.sizes]\nAcceptor = 1\nValue = 3\nBallot = 2\n"
    Path("pyproject.toml").write_text(table)
    assert run(["refine", my, "--mapping", "other.py:to_consensus"]) == 0
    assert "4 states, 3 transitions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["Raft"], "no mapping from Raft is bundled (there are some from PaxosRoles, Paxos, Voti"),
        (["Paxos", "Raft"], "no mapping from Paxos to Raft is bundled; give your own with --mapp"),
        (
            ["Votng"],
            "Votng: no such protocol; expected path.py:Class, module:Class or a bun",
        ),
        (["Paxos", "-s", "Acceptor=3"], "Paxos needs a size for Ballot, Value"),
        (["Paxos", *SIZES, "-s", "Leader=1"], "Paxos has no sort `Leader` to give a size"),
        (["my.py:Box", "Consensus", "--mapping", "my.py"], "my.py: expected path.py:function"),
        (["my.py:Box", "--mapping", "my.py:to_consensus"], "my.py:to_consensus: say which protoc"),
        (["my.py:Box", "--mapping", "my.py:to_consensu"], "my.py: no function `to_consensu`; did"),
        (["my.py:Box", "--mapping", "my.py:NUMBER"], "my.py:NUMBER: is a int, not a function or"),
        (["my.py:Box", "--mapping", "no.py:f"], "no.py: no such file"),
        (
            ["my.py:Box", "--mapping", "broken.py:f"],
            "broken.py:2: ZeroDivisionError while the file",
        ),
        (["my.py:Box", "--mapping", "odd.py:f"], "odd.py:1:7: "),
        (["my.py:Box", "--mapping", "no.module:f"], "no.module: cannot be imported: No module na"),
        (
            ["my.py:Box", "Paxos", "--mapping", "other.py:to_consensus"],
            "other.py:to_consensus: maps to Consensus, not to Paxos",
        ),
        (
            ["Paxos", "--mapping", "other.py:to_consensus"],
            "other.py:to_consensus: maps from Box, not from Paxos",
        ),
        (
            ["my.py:Box", "Consensus", "--mapping", "my.py:to_nothing", "-s", "Acceptor=1,Value=1"],
            "my.py:25: to_nothing: it gives no `chosen`; the variables of Consensus are chosen\n"
            "  in the state kept = {a0: None}",
        ),
        (["Voting", *SIZES, "--trace", "no/where.json"], "no: no such directory to write"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_errors(arguments: list[str], expected: str, capsys: Output, my: str) -> None:
    assert run(["refine", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"error: {expected}")


def test_stopping_early_is_inconclusive(capsys: Output) -> None:
    assert run(["refine", "Paxos", "Voting", *SIZES, "--limit", "100"]) == 4
    assert "! stopped; every step so far is one of Voting: 100 states" in capsys.readouterr().out


def test_strict(capsys: Output, my: str) -> None:
    mapping = ["refine", my, "Voting", "--mapping", "rising.py:rising"]
    Path("rising.py").write_text(
        "from my import Acceptor\nfrom quorate.model.voting import Ballot\n"
        "def rising(self):\n    high = next(iter(Ballot))\n"
        "    return {'votes': {a: set() for a in self.kept}, 'max_bal': "
        "{a: Ballot.never if self.kept[a] is None else high for a in self.kept}}\n"
    )
    sizes = ["-s", "Acceptor=2,Value=2,Ballot=1"]
    assert run([*mapping, *sizes]) == 0
    out = capsys.readouterr().out
    assert "keep  → increase_max_bal 4" in out
    assert "! no step of Box is vote_for of Voting" in out
    assert run([*mapping, *sizes, "--strict"]) == 4


def test_proof(capsys: Output, my: str) -> None:
    Path("idle.py").write_text(IDLE)
    mapping = ["idle.py:Idle", "idle.py:Other", "--mapping", "idle.py:to_lit"]
    assert run(["refine", *mapping, "--prove"]) == 0
    assert "✓ Idle refines Other: proved" in capsys.readouterr().out
    assert run(["refine", *mapping, "--prove", "--json"]) == 0
    (link,) = json.loads(capsys.readouterr().out)["refinements"]
    assert link["proof"]["proved"] and link["proof"]["actions"][-1]["ways"] == ["light()"]


def test_a_proof_that_fails_is_open(capsys: Output, my: str) -> None:
    Path("summed.py").write_text(
        "from quorate.model.voting import Ballot, Value\n"
        "def summed(self):\n    return {'chosen': "
        "{v for v in Value if sum(self.chosen_at(b, v) for b in Ballot)}}\n"
    )
    mapping = ["--mapping", "summed.py:summed"]
    assert run(["refine", "Voting", "Consensus", *mapping, *SIZES, "--prove"]) == 4
    out = capsys.readouterr().out
    assert "open: not proved, checked on 2,079 explored transitions" in out
    assert "not supported by proofs for any size: the mapping: cannot compute with bool" in out


IDLE = """\
from quorate.model.language import Protocol, action, durable, init, require


class Idle(Protocol):
    on: bool = durable(False)
    off: bool = durable(False)

    @action
    def switch(self) -> None:
        require(not self.on)
        self.on = True


class Stuck(Idle):
    @action
    def switch(self) -> None:
        require(self.off)
        self.on = True


class Unborn(Idle):
    @init
    def start(self) -> None:
        require(self.on)
        self.on = True


class Other(Protocol):
    lit: bool = durable(False)

    @action
    def light(self) -> None:
        self.lit = True


def to_dark(self):
    return {"lit": False}


def to_lit(self):
    return {"lit": self.on}
"""


@pytest.mark.parametrize(
    ("concrete", "mapping", "why"),
    [
        ("Idle", "to_dark", "no step changes anything of Other"),
        ("Stuck", "to_lit", "Stuck takes no step"),
        ("Unborn", "to_lit", "Unborn has no initial state"),
    ],
)
def test_where_nothing_is_compared_nothing_refines(
    concrete: str,
    mapping: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("idle.py").write_text(IDLE)
    command = ["refine", f"idle.py:{concrete}", "idle.py:Other", "--mapping", f"idle.py:{mapping}"]
    assert run(command) == 0
    said = capsys.readouterr().out
    assert f"! nothing was compared: {why}" in said and "✓" not in said
    assert run([*command, "--strict", "--json"]) == 4
    (link,) = json.loads(capsys.readouterr().out)["refinements"]
    assert link["outcome"] == "nothing compared" and why in link["warnings"][0]
    assert run([*command, "--prove"]) == 4
    assert "no proof was tried" in capsys.readouterr().out


def test_a_check_that_is_stopped_is_not_proved(capsys: Output) -> None:
    assert run(["refine", "Paxos", "Voting", *SIZES, "--prove", "--limit", "9"]) == 4
    said = capsys.readouterr().out
    assert "! stopped; every step so far" in said and "! no proof was tried" in said
