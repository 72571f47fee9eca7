"""Reports of whatever names and messages there are: valid, complete, and within their limits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from quorate.checker.reports import github, sarif
from quorate.checker.reports.cases import (
    BAD_INPUT,
    INCONCLUSIVE,
    UNEXPECTED,
    VIOLATED,
    CaseStatus,
    ReportCase,
    SourcePlace,
    Suite,
    agreeing,
)
from quorate.checker.reports.github import commands, summary
from quorate.checker.reports.junit import junit
from quorate.traces import FrozenMap, Source, Step, Trace, Violation
from tests.support.examples import share

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SARIF)
ROOT = Path("/repository")


def valid_sarif(document: dict[str, Any]) -> dict[str, Any]:
    """The one run of a document that the schema accepts."""
    VALIDATOR.validate(document)
    (run,) = document["runs"]
    return dict(run)


def valid_junit(text: bytes) -> Any:
    """The document, which the schema accepts."""
    etree = pytest.importorskip("lxml.etree", reason="lxml, an extra of dev, validates XML")
    document = etree.fromstring(text)
    etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd")).assertValid(document)
    return document


def trace(steps: int, name: str = "go") -> Trace:
    """A run of so many steps that counts."""
    source = Source("model/my file.py", 7)
    taken = (
        Step(name, (("n", f"a{k}"),), FrozenMap({"count": k}), "a0", source=source)
        for k in range(1, steps + 1)
    )
    end = Violation("safe", "the count is too large")
    return Trace("m.py:P", (("N", 2),), FrozenMap({"count": 0}), tuple(taken), end)


TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "a,b:c%d",
        "]]>",
        "::error::x",
        "```",
        "|",
        "<b>",
        "\x00\x1b",
        "\ud800",
        "end;#",
        "two\nlines\r",
    ]
)
PLACES = st.none() | st.builds(
    SourcePlace,
    st.sampled_from(["model/a b.py", "/repository/m.py", "/elsewhere/ü.py", "m,x.py"]),
    st.none() | st.integers(1, 99),
    st.none() | st.integers(1, 99),
)
CASES = st.builds(
    ReportCase,
    name=TEXTS,
    rule=st.sampled_from([VIOLATED, INCONCLUSIVE, UNEXPECTED, BAD_INPUT]),
    status=st.sampled_from(CaseStatus),
    message=TEXTS,
    place=PLACES,
    trace=st.none() | st.builds(trace, st.integers(0, 2), st.text("ab`|<%\n", max_size=5)),
    detail=TEXTS,
)
SUITES = st.lists(st.builds(Suite, TEXTS, st.lists(CASES, max_size=3).map(tuple)), max_size=3)


@settings(share(6), phases=[Phase.explicit, Phase.generate])  # validating is slow: no shrinking
@given(SUITES)
def test_every_report_is_valid(suites: list[Suite]) -> None:
    wrong = [c for s in suites for c in s.cases if c.wrong]
    run = valid_sarif(json.loads(json.dumps(sarif.sarif(suites, 1, "0.1.0", ROOT))))
    told = len(run["results"]) + len(run["invocations"][0]["toolExecutionNotifications"])
    assert told == len(wrong)
    document = valid_junit(junit(suites))
    statuses = [c.status for s in suites for c in s.cases]
    assert int(document.get("failures")) == statuses.count(CaseStatus.FAILED)
    errors = statuses.count(CaseStatus.ERROR) + statuses.count(CaseStatus.OPEN)
    assert int(document.get("errors")) == errors
    elements = document.findall(".//failure") + document.findall(".//error")
    assert len(elements) == len(wrong)
    table = summary(suites, "check", "x").partition("\n### ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) == len(statuses) + 1 and all(row.count("|") == 4 for row in rows)


def _undone(text: str) -> str:
    """What GitHub reads of an escaped text."""
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        text = text.replace(code, character)
    return text.replace("%25", "%")


@given(SUITES)
def test_annotations_are_read_back_as_they_were(suites: list[Suite]) -> None:
    lines = commands(suites, ROOT)
    assert len(lines) == len([c for s in suites for c in s.cases if c.wrong])
    for line in lines:
        assert "\n" not in line and "\r" not in line
        parts = re.fullmatch(r"::(error|warning) ([^:]*)::(.*)", line, re.DOTALL)
        assert parts is not None
        given_ = dict(p.split("=", 1) for p in parts[2].split(","))
        assert {"title"} <= given_.keys() <= {"title", "file", "line", "col"}
        assert _undone(given_.get("file", "m.py")) in ("model/a b.py", "m.py", "m,x.py")


def test_the_message_and_title_of_an_annotation() -> None:
    case = ReportCase(
        "safe", VIOLATED, CaseStatus.FAILED, "100 % wrong:\nso", SourcePlace("/repository/m.py", 3)
    )
    assert commands([Suite("A, B", (case,))], ROOT) == [
        "::error file=m.py,line=3,title=A%2C B%3A A property is violated::100 %25 wrong:%0Aso"
    ]


def test_annotations_are_aggregated() -> None:
    failed = [ReportCase(f"p{n}", VIOLATED, CaseStatus.FAILED, f"wrong {n}") for n in range(12)]
    open_ = [ReportCase(f"q{n}", INCONCLUSIVE, CaseStatus.OPEN, f"open {n}") for n in range(10)]
    lines = commands([Suite("P", (*failed, *open_))], ROOT)
    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == 10 == len([line for line in lines if line.startswith("::warning")])
    assert errors[-1] == "::error title=Quorate%3A 3 more::P: wrong 9%0AP: wrong 10%0AP: wrong 11"


def test_a_counterexample_is_a_code_flow() -> None:
    case = ReportCase(
        "safe", VIOLATED, CaseStatus.FAILED, "safe is violated", SourcePlace("m.py", 5, 3), trace(2)
    )
    suite = Suite("P", (case,), folder=Path("/repository/sub"))
    run = valid_sarif(sarif.sarif([suite], 1, "0.1.0", ROOT))
    (result,) = run["results"]
    assert result["message"]["text"] == "safe is violated\nthe count is too large"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "sub/m.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 5, "startColumn": 3},
    }
    (flow,) = result["codeFlows"][0]["threadFlows"]
    assert flow["initialState"] == {"count": {"text": "0"}}
    first, second = flow["locations"]
    assert first["location"]["message"]["text"] == "1. go(n=a1)\ncount: 0 → 1"
    place = first["location"]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "sub/model/my%20file.py"
    assert place["region"] == {"startLine": 7}
    assert second["state"] == {"(process)": {"text": "a0"}, "count": {"text": "2"}}


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (sarif.MOST_RESULTS, sarif.MOST_STEPS) == (25_000, 1_000)
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    monkeypatch.setattr(sarif, "MOST_STEPS", 2)
    case = ReportCase("safe", VIOLATED, CaseStatus.FAILED, "wrong", None, trace(7))
    run = sarif.sarif([Suite("P", (case,) * 4)], 1, "0", ROOT)["runs"][0]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert len(run["results"]) == 3 and note["message"]["text"] == "1 of 4 results are left out"
    result = run["results"][0]
    assert "wrong\n(The first 5 steps are left out of the flow.)" in result["message"]["text"]
    locations = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [x["executionOrder"] for x in locations] == [6, 7]


def test_a_summary_that_would_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "MOST_SUMMARY", 500)
    cases = tuple(ReportCase(f"p{n}", VIOLATED, CaseStatus.FAILED, "wrong") for n in range(20))
    text = summary([Suite("P", cases)], "check", "violated")
    assert len(text.encode()) < 600
    assert re.search(r"\nThe summary would be too long: \d+ parts of it are left out.\n$", text)


def test_a_summary_has_a_diagram() -> None:
    case = ReportCase("safe", VIOLATED, CaseStatus.FAILED, "safe is violated", None, trace(1))
    text = summary(
        [Suite("P", (case, ReportCase("live", VIOLATED, CaseStatus.PASSED)))], "check", "violated"
    )
    assert text.startswith("\n## quorate check: violated\n\n1 of 2 passed.\n\n| | | |\n")
    assert "| ✅ | P: live |  |\n" in text
    assert "### ❌ P: safe is violated\n\n```mermaid\nsequenceDiagram\n" in text


def test_a_report_agrees_with_the_exit_code() -> None:
    passed = ReportCase("a", VIOLATED, CaseStatus.PASSED)
    open_ = ReportCase("b", INCONCLUSIVE, CaseStatus.OPEN)
    (suite,) = agreeing([Suite("P", (passed, open_))], "check", None)
    assert [c.status for c in suite.cases] == [CaseStatus.PASSED, CaseStatus.SKIPPED]
    assert agreeing([Suite("P", (open_,))], "check", "inconclusive")[0].cases == (open_,)
    (_, added) = agreeing([Suite("P", (passed,))], "check", "inconclusive", ["never true"])
    assert [(c.name, c.message) for c in added.cases] == [("warning", "never true")]
    (_, added) = agreeing([Suite("P", (passed,))], "check", "inconclusive")
    assert [(c.status, c.message) for c in added.cases] == [
        (CaseStatus.OPEN, "the outcome is: inconclusive")
    ]
