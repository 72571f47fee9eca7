"""The HTML report: made of the object of --json, escaped, without requests, with a history."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.conform.cluster.campaign import Campaign, FoundInRun
from quorate.checker.conform.cluster.faults import Rates
from quorate.checker.conform.cluster.witness import ClusterFinding
from quorate.checker.explore.overview import shortest_to_goals, states_per_depth
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.rendering import clusters
from quorate.checker.rendering.document import envelope, run_json
from quorate.checker.rendering.html.page import MOST_RUNS, page_of
from quorate.checker.rendering.html.spacetime import Diagram
from quorate.model.language.interpreter import Interpreter
from quorate.model.two_phase_commit import TwoPhaseCommit
from quorate.traces import FrozenMap, Received, Record, Step, Trace, Violation, read_itf

from .hostile import HOSTILE, everything_hostile

LOCKS = Path(__file__).parents[2] / "cases" / "models" / "locks.py"


class Page(HTMLParser):
    """The elements of a page, their attributes, and the text outside data and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._in = tag

    def handle_data(self, data: str) -> None:
        self.text += data if self._in not in ("script", "style") else ""


def data_in(page: str, key: str) -> Any:
    found = re.search(rf'id="{key}">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_hostile_names_stay_text() -> None:
    document = everything_hostile()
    page = page_of(document, HOSTILE)
    read = Page(page)
    assert read.tags.count("script") == 2 and "img" not in read.tags
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in read.attributes)
    assert "<script>alert(1)</script>" in read.text
    assert "\u202e" not in page and "\x00" not in page
    assert data_in(page, "quorate-document") == document
    assert data_in(page, "quorate-history")[0]["title"].startswith(HOSTILE)


def test_it_loads_nothing() -> None:
    page = page_of(everything_hostile(), "now")
    assert "default-src 'none'" in page
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style and "@import" not in style


def test_the_history_goes_on_for_the_same_verb_and_protocol() -> None:
    document = envelope("check", 0, {"protocol": "m:P", "states": 5, "seconds": 0.5})
    page = None
    for k in range(MOST_RUNS + 2):
        page = page_of({**document, "states": k}, f"run {k}", page)
    assert page is not None
    history = data_in(page, "quorate-history")
    assert len(history) == MOST_RUNS and history[0]["when"] == "run 2"
    assert "Earlier runs" in Page(page).text
    other = page_of({**document, "protocol": "m:Q"}, "now", page)
    assert len(data_in(other, "quorate-history")) == 1 and "Earlier runs" not in Page(other).text
    for broken in ("", "no page", page.replace('[{"when"', "[{when")):
        assert len(data_in(page_of(document, "now", broken), "quorate-history")) == 1


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    explorer = Explorer(TwoPhaseCommit, TwoPhaseCommit.sized(Coordinator=1, Participant=2))
    explorer.run()
    return explorer


def test_states_per_depth_are_those_of_the_reference(explorer: Explorer) -> None:
    protocol, sizes = explorer.protocol, explorer.sizes
    with sizes:
        interpreter = Interpreter(protocol, sizes)
        level = set(interpreter.initial())
        seen, counts = set(level), []
        while level:
            counts.append(len(level))
            moves = {after for s in level for _, _, after in list(interpreter.successors(s))}
            level = moves - seen
            seen |= level
    assert states_per_depth(explorer) == counts
    assert sum(counts) == explore_reference(protocol, sizes).states


def test_a_sample_leads_to_its_goal_as_soon_as_possible(explorer: Explorer) -> None:
    with explorer.sizes:
        found = shortest_to_goals(explorer)
        assert set(found) == {p.name for p in explorer.description.reachables}
        interpreter = Interpreter(explorer.protocol, explorer.sizes)
        for goal, (initial, path) in found.items():
            states = [initial, *(move.state for move in path)]
            assert [interpreter.holds(goal, s) for s in states] == [False] * len(path) + [True]


def test_of_a_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.html"
    check = ["check", "TwoPhaseCommit", "-s", "Coordinator=1,Participant=2", "--html", str(file)]
    assert run(check) == 0
    assert "hold" in capsys.readouterr().out
    text = Page(file.read_text()).text
    assert "States per depth" in text and "Sample runs" in text and "Coverage" in text
    assert data_in(file.read_text(), "quorate-document")["exit"] == 0
    assert run([*check, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exit"] == 0
    assert len(data_in(file.read_text(), "quorate-history")) == 2
    assert run([*check[:-1], str(tmp_path)]) == 2


def test_the_steps_of_a_run_have_their_actions(tmp_path: Path) -> None:
    steps = (Step("take", (("n", "n0"),), FrozenMap({"held": True}), node="n0"),)
    trace = Trace("Lock", (("Node", 1),), FrozenMap({"held": False}), steps)
    page = Page(page_of(envelope("show", 0, {"run": run_json(trace)}), ""))
    assert "#actionwhat changed1take(n0)held: False \u2192 True" in page.text


def obligation(action: str, invariant: str, **more: Any) -> dict[str, Any]:
    made = {"kind": "step", "action": action, "invariant": invariant, "answer": "proved"}
    return {**made, "prover": "Z3", "seconds": 0.5, "used": [], "untouched": False, **more}


def test_what_keeps_each_invariant_and_what_it_needs_is_drawn() -> None:
    found = [
        obligation("ask", "p", used=["q"]),
        obligation("take", "p", untouched=True),
        obligation("ask", "q", answer="open"),
    ]
    document = envelope("prove", 4, {"protocol": "m:P", "obligations": found, "quorums": []})
    page = Page(page_of(document, ""))
    titles = [value for name, value in page.attributes if name == "title"]
    assert "p, ask: proved, by Z3 in 0.50 s, with q" in titles
    assert "p, take: proved, nothing that it reads is changed" in titles
    assert "q, ask: open, by Z3 in 0.50 s" in titles and "p needs q" in titles
    assert "invariantasktakep\u25cf\u00b7q\u2717" in page.text and "needsqp\u25cf" in page.text


def test_of_an_implementation(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    base = ["conform", "Paxos", "-s", "Acceptor=2,Ballot=2,Value=1", "--html", str(file)]
    base += ["--impl", "promise-for-any-ballot", "--json"]
    trace = tmp_path / "difference.itf.json"
    assert run([*base, "--trace", str(trace)]) == 5
    text = Page(file.read_text()).text
    assert "it takes a step that the model disables (met" in text and "Guards" in text
    document = data_in(file.read_text(), "quorate-document")
    guards = [g for a in document["actions"] for g in a["guards"]]
    assert all(f"require({g['text']})" in text for g in guards) and len(guards) > 3
    calls = "phase1a(b=b2); phase1b(a=a0, b=b2); phase1a(b=b1); phase1b(a=a0, b=b1)"
    assert run([*base, "--run", calls]) == 5
    text = Page(file.read_text()).text
    assert "the code" in text and "require(self.max_bal[a] < b)" in text
    assert "Acceptor=2" in text
    assert run(["replay", str(trace), "--html", str(file), "--json"]) == 0
    text = Page(file.read_text()).text
    assert "Paxos" in text and "Acceptor=2" in text and "The run" in text
    steps = len(read_itf(trace).steps)
    assert f"implementationhealthysteps that it does{steps} of {steps}" in text


def test_of_a_log_and_of_a_cluster_with_it(tmp_path: Path) -> None:
    file, log = tmp_path / "report.html", tmp_path / "a.log"
    taken = '{"event": "take", "args": {"c": "c0"}, "holder": '
    log.write_text(f'{taken}"c0"}}\n{taken}"c1"}}\n')
    model = f"{LOCKS}:Lock"
    given = ["--model", model, "-s", "Client=2", "--html", str(file), "--json"]
    assert run(["validate", str(log), *given]) == 5
    unexplained = f"{log}:2: the lines before it end in 1 state"
    text = Page(file.read_text()).text
    assert unexplained in text and "the nearest step, take(c=c0), is not possible" in text
    found = Campaign(7, Rates(), (), runs=3, decided=2)
    validation = quorate.validate([str(log)], model, sizes={"Client": 2}).validation
    finding = ClusterFinding("log", "no run explains it", 0.5)
    tails = (("n0", ("the last line",)),)
    found.found = FoundInRun(10, 3, 1.5, (finding,), validation, tails, tmp_path)
    body = {"cluster": clusters.as_json("locks", model, found)}
    text = Page(page_of(envelope("conform", 5, body), "now")).text
    assert "Run 3, seed 10, after 1.5 s" in text and "logno run explains it0.5 s" in text
    assert unexplained in text and "the end of n0the last line" in text
    assert "does not conform" in text and "runs3" in text and "lost by partitions" in text


def test_a_step_from_anywhere_violates_nothing() -> None:
    state = FrozenMap({"held": True})
    run_ = run_json(Trace("m:P", (), state, (Step("take", (), state),), Violation("p", "held")))
    for item in ({"standing": "not inductive", "how": "inductive"}, {"k": None}):
        found = {"invariants": [{"invariant": "p", "run": run_, **item}]}
        text = Page(page_of(envelope("prove", 4, found), "")).text
        assert "p does not hold after this: held" in text and "a state that need not be" in text
        assert "violated" not in text and "(inductive)" not in text


def test_no_label_covers_another() -> None:
    asked = [Record("Question", (("n", k),)) for k in range(3)]
    sent = frozenset(asked)
    steps = [Step("ask", (), FrozenMap({"sent": sent}), node="a")]
    for node, question in zip("bcd", asked, strict=True):
        sent |= {Record("Answer", (("n", node),))}
        received = (Received(question, 1),)
        steps.append(Step("tell", (), FrozenMap({"sent": sent}), node=node, received=received))
    trace = Trace("m:P", (), FrozenMap({"sent": frozenset()}), tuple(steps), messages="sent")
    labels = [t for t in Diagram(run_json(trace)).svg().iter("text") if t.get("class") == "label"]
    boxes = []
    for label in labels:  # questions are in the middle of where they are, answers begin there
        x, y = float(str(label.get("x"))), float(str(label.get("y")))
        left, width = (x - 28, 56) if label.text == "Question" else (x, 42)
        boxes.append((left, left + width, y))
    assert [label.text for label in labels].count("Answer") == 3 and len(labels) > 3
    for (a, b, y), (c, d, z) in combinations(boxes, 2):
        assert b < c or d < a or abs(y - z) > 7


def test_of_quorums_and_a_history(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert run(["quorums", "Paxos", "--size", "3", "--html", str(file), "--json"]) == 0
    assert "Systems over 3 members" in Page(file.read_text()).text
    history = tmp_path / "history.jsonl"
    events = [
        {"process": "c", "type": "invoke", "f": "write", "value": 1},
        {"process": "c", "type": "ok", "f": "write", "value": 1},
        {"process": "d", "type": "invoke", "f": "read", "value": None},
        {"process": "d", "type": "ok", "f": "read", "value": 2},
    ]
    history.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    assert run(["linearize", str(history), "--html", str(file), "--json"]) == 5
    text = Page(file.read_text()).text
    assert "An operation that fits nowhere" in text and "d  read() → 2        ├──┤" in text
