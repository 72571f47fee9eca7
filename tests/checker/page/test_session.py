"""What the page asks, and the answers: states, steps, reasons, traces, coverage."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from typing import Any

import pytest

from quorate.checker.errors import InputError
from quorate.checker.loading import load_protocol
from quorate.checker.page.session import PageSession
from quorate.model.language.interpreter import Interpreter
from quorate.traces import BothSides, Departure, TraceError, Violation, dumps_itf, loads_itf

from .protocols import Choice, Lock


class Asking:
    """A session, asked as the page does."""

    def __init__(self, protocol: Any = Lock, **sizes: int) -> None:
        self.protocol = protocol
        self.sizes = protocol.sized(**(sizes or {"Node": 2}))
        self.session = PageSession(protocol, self.sizes)

    def __call__(self, question: str, **body: Any) -> dict[str, Any]:
        answer = self.session.answer(question, json.dumps(body).encode())
        return json.loads(json.dumps(answer))

    def titles(self, *way: int) -> list[str]:
        return [step["title"] for step in self("at", way=way)["steps"]]

    def walked(self, *titles: str) -> list[int]:
        """The way along these steps."""
        way = [0]
        for title in titles:
            way.append(self.titles(*way).index(title))
        return way


@pytest.fixture(scope="module")
def ask() -> Asking:
    return Asking()


VIOLATED = ("ask(n0)", "ask(n1)", "take(n0)", "take(n1)")


def test_a_state_has_its_variables_and_what_is_possible(ask: Asking) -> None:
    found = ask("at", way=ask.walked("ask(n0)"))
    held, sent = found["state"]
    assert [(c["key"], c["value"], c["old"]) for c in held["cells"]] == [
        (["n0"], "False", None),
        (["n1"], "False", None),
    ]
    assert sent["items"] == [{"text": "Ask(n=n0)", "mark": "new"}]
    assert [s["title"] for s in found["steps"]] == ["ask(n0)", "ask(n1)", "take(n0)"]
    assert [s["stays"] for s in found["steps"]] == [True, False, False]
    changes = [c["text"] for c in found["steps"][2]["changes"]]
    assert changes == ["held[n0]: False → True"]


def test_each_step_that_is_not_possible_has_the_guard_that_stops_it(ask: Asking) -> None:
    way = ask.walked("ask(n0)")
    take, hear = ask("at", way=way)["actions"][1:]
    assert (take["stopped"], [g["text"] for g in take["guards"]]) == (1, ["Ask(n) in self.sent"])
    assert [g["text"] for g in hear["guards"]] == ["self.held[m.n]"]
    (choice,) = ask("stopped", way=way, action="take")["choices"]
    assert choice["title"] == "take(n1)"
    found = ask("guards", way=way, action="take", choice=choice["choice"])
    guards = found["guards"]
    assert [(g["held"], g["text"]) for g in guards] == [
        (False, "Ask(n) in self.sent"),
        (True, "not self.held[n]"),
    ]
    assert "Ask(n=n1)" in guards[0]["missing"] and not guards[1]["missing"]
    assert found["undefined"] is None
    line = Lock.take.__code__.co_firstlineno + 2
    assert [g["line"] for g in guards] == [line, line + 1]


def test_the_way_to_where_a_step_is_possible_is_found(ask: Asking) -> None:
    way = ask.walked("ask(n0)")
    found = ask("enabling", way=way, action="take", choice=1)
    assert found["titles"] == ["ask(n1)"]
    assert "take(n1)" in ask.titles(*found["way"]) and found["way"][:2] == way
    dropped = Asking(Choice)
    assert dropped.titles(0) == ["drop(n0)"]
    never = dropped("enabling", way=[0], action="drop", choice=1)
    assert never == {"states": 2, "all": True, "way": None}


def test_an_action_without_a_message_to_take_says_so(ask: Asking) -> None:
    assert [a["missing"] for a in ask("at", way=[0])["actions"]] == [
        None,
        None,
        "there is no Ask to take",
    ]


def test_a_violation_is_foreseen_and_explained(ask: Asking) -> None:
    *before, _ = way = ask.walked(*VIOLATED)
    foreseen = {s["title"]: s["violates"] for s in ask("at", way=before)["steps"]}
    assert foreseen["take(n1)"] == ["one_at_a_time"]
    assert foreseen["hear(Ask(n=n0))"] == []
    invariant, goal = ask("at", way=way)["properties"]
    assert (invariant["held"], goal["held"]) == (False, True)
    assert "held[n0]" in invariant["why"]
    assert ask("run", way=way)["violated"] == [[], [], [], [], ["one_at_a_time"]]


def test_a_run_says_what_enabled_each_step(ask: Asking) -> None:
    run = ask("run", way=ask.walked(*VIOLATED))
    assert run["lanes"] == ["n0", "n1"]
    assert [(s["node"], s["because"]) for s in run["steps"]] == [
        ("n0", []),
        ("n1", []),
        ("n0", [1]),
        ("n1", [2]),
    ]
    assert run["steps"][2]["received"] == [{"text": "Ask(n=n0)", "step": 1}]


def test_a_saved_trace_is_opened_at_the_same_path(ask: Asking) -> None:
    way = ask.walked(*VIOLATED)
    saved = ask("save", way=way)
    assert saved["name"] == "Lock-4-steps.itf.json"
    trace = loads_itf(saved["text"])
    assert trace.violation is not None and trace.violation.property == "one_at_a_time"
    opened = ask("open", name=saved["name"], text=saved["text"])
    assert opened["way"] == way
    assert opened["verdict"]["what"] == "one_at_a_time is violated"
    assert opened["verdict"]["property"] == "one_at_a_time"
    of_one = replace(trace, violation=Violation("it_ends(n0)", ""))  # as one of runs is named
    opened = ask("open", name="x", text=dumps_itf(of_one).decode())
    assert opened["verdict"]["property"] == "it_ends"


def test_what_an_implementation_did_otherwise_is_told(ask: Asking) -> None:
    """As in the traces that `quorate conform` writes."""
    saved = loads_itf(ask("save", way=ask.walked("ask(n0)"))["text"])
    sides = (BothSides("held[n1]", "False", "False", "True"),)
    departure = Departure("it takes a step that the model disables", "take(n1)", False, sides)
    text = dumps_itf(replace(saved, departure=departure)).decode()
    assert ask("open", name="x", text=text)["departure"] == {
        "what": "it takes a step that the model disables",
        "tried": "take(n1)",
        "taken": False,
        "values": [{"place": "held[n1]", "before": "False", "model": "False", "code": "True"}],
    }


def test_what_was_looked_at_is_counted() -> None:
    ask = Asking()
    ask("at", way=ask.walked("ask(n0)", "take(n0)"))
    found = ask("coverage")
    assert found["states"] == 3
    assert [(a["name"], a["steps"]) for a in found["actions"]] == [
        ("ask", 1),
        ("take", 1),
        ("hear", 0),
    ]
    assert [g["stopped"] for a in found["actions"] for g in a["guards"]] == [True, True, True]
    assert found["goals"] == [{"name": "it_is_held", "reached": True, "doc": ""}]


@pytest.mark.parametrize(
    ("question", "body", "error"),
    [
        ("at", {"way": []}, "the path is empty"),
        ("at", {"way": [1]}, "the path begins with 1, expected an initial state, 0 to 0"),
        ("at", {"way": [0, 7]}, "step 1 of the path has the number 7, but 2 steps are possible"),
        ("at", {"way": [0, -1]}, "Expected `int` >= 0"),
        ("at", {"way": "0"}, "Expected `array`"),
        ("at", {"way": [0], "more": 1}, "unknown field `more`"),
        ("stopped", {"way": [0], "action": "give"}, "Lock has no action give"),
        ("guards", {"way": [0], "action": "take", "choice": 9}, "take has 2 choices here, not 9"),
        ("shell", {}, "no such question: shell; expected protocol, at, run,"),
    ],
)
def test_a_question_that_cannot_be_answered(
    ask: Asking, question: str, body: dict[str, Any], error: str
) -> None:
    with pytest.raises(InputError, match=error.replace("`", ".")):
        ask(question, **body)


def test_a_trace_of_another_protocol_is_refused(ask: Asking) -> None:
    saved = ask("save", way=ask.walked(*VIOLATED))["text"]
    with pytest.raises(InputError, match=r"step 3 of the trace, seize\(n0\), is no step of Lock"):
        ask("open", name="x", text=saved.replace('Taken":"take"', 'Taken":"seize"', 1))
    larger = Asking(Lock, Node=3)
    with pytest.raises(InputError, match="made with Node=2, and this page is for Node=3; `quorate"):
        larger("open", name="x", text=saved)
    foreign = re.sub(r'"quorate":\{.*?\}(?=\})', '"source":"lock.qnt"', saved, count=1)
    with pytest.raises(InputError, match="initial state of the trace is no state of Lock: held"):
        larger("open", name="x", text=foreign)
    with pytest.raises(TraceError, match=r"x\.json: .*expected"):
        ask("open", name="x.json", text="{")


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("Paxos", {"Acceptor": 2, "Ballot": 2, "Value": 1}),
        ("TwoPhaseCommit", {"Participant": 2}),
    ],
)
def test_what_is_possible_and_what_is_not_are_all_choices(name: str, sizes: dict[str, int]) -> None:
    """The oracle: CPython asked about every choice of arguments, one at a time."""
    protocol = load_protocol(name)
    ask, dice = Asking(protocol, **sizes), random.Random(7)
    way = [0]
    with ask.sizes:
        oracle = Interpreter(protocol, ask.sizes)
        state = oracle.initial()[0]
        for _ in range(6):
            found = ask("at", way=way)
            for action in found["actions"]:
                choices = oracle.choices(state, action["name"])
                taken = [oracle.step(state, action["name"], c) is not None for c in choices]
                possible = [s for s in found["steps"] if s["action"] == action["name"]]
                assert (len(possible), action["stopped"]) == (taken.count(True), taken.count(False))
            number = dice.randrange(len(found["steps"]))
            state = list(oracle.successors(state))[number][2]
            way.append(number)
