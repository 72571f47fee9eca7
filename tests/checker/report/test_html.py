"""The HTML report: made of the object of --json, escaped, without requests, with a history."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.cli.main import run
from quorate.checker.explore.overview import shortest_to_goals, states_per_depth
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.rendering.document import envelope, run_json
from quorate.checker.rendering.html.page import MOST_RUNS, page_of
from quorate.model.language.interpreter import Interpreter
from quorate.model.two_phase_commit import TwoPhaseCommit
from quorate.traces import FrozenMap, Received, Record, Step, Trace, Violation

HOSTILE = "</script><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>\u202e\x00"


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


def hostile_trace() -> Trace:
    message = Record(HOSTILE, ((HOSTILE, HOSTILE),))
    empty = FrozenMap({HOSTILE: HOSTILE, "sent": frozenset()})
    sent = FrozenMap({HOSTILE: "x", "sent": frozenset({message})})
    steps = (
        Step(HOSTILE, ((HOSTILE, HOSTILE),), sent, node=HOSTILE),
        Step(HOSTILE, (), sent, node="q", received=(Received(message, 1),), because=(1,)),
    )
    return Trace(
        HOSTILE, ((HOSTILE, 1),), empty, steps, Violation(HOSTILE, HOSTILE), messages="sent"
    )


def everything_hostile() -> dict[str, Any]:
    """A document with what any verb has, where every text is hostile."""
    run_ = run_json(hostile_trace())
    guard = {"action": HOSTILE, "line": 1, "text": HOSTILE, "blocked": 2}
    obligation = dict.fromkeys(("kind", "action", "invariant", "answer", "prover"), HOSTILE)
    mutant = dict.fromkeys(("action", "operator", "before", "after", "fate", "why"), HOSTILE)
    version = {"protocol": HOSTILE, "verdicts": {HOSTILE: HOSTILE}, "fired": {HOSTILE: 1}}
    version |= {"states": 1, "transitions": 1, "depth": 1}
    part = dict.fromkeys(("kind", "name", "change", "old", "new"), HOSTILE)
    return {
        **envelope(HOSTILE, 1, {"protocol": HOSTILE, "sizes": {HOSTILE: 1}, "outcome": HOSTILE}),
        "invariants": [HOSTILE, {"invariant": HOSTILE, "standing": HOSTILE, "how": HOSTILE}],
        "warnings": [HOSTILE],
        "run": run_,
        "samples": {HOSTILE: run_},
        "fired": {HOSTILE: 3},
        "guards": [guard],
        "levels": [1, 2],
        "obligations": [{**obligation, "seconds": 1.0, "used": [HOSTILE], "untouched": False}],
        "quorums": [dict.fromkeys(("statement", "verdict", "argument"), HOSTILE)],
        "mutants": [{**mutant, "killer": {"name": HOSTILE, "steps": 1}}],
        "score": 0.5,
        "old": version,
        "new": version,
        "parts": [part],
        "forth": {"failure": {"run": run_}},
        "back": {"failure": None},
        "error": {"message": HOSTILE},
    }


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
