"""SARIF 2.1.0: results for code scanning, each with its counterexample as a code flow.

OASIS: Static Analysis Results Interchange Format Version 2.1.0. One file has one run. GitHub takes
25,000 results of a run and shows 1,000 steps of a flow; what is beyond is left out here, and said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from quorate.traces import Absent, Change, Step, Trace, show

from .cases import BAD_INPUT, BUG, CaseStatus, ReportCase, Rule, SourcePlace, Suite, wrong

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
MOST_RESULTS = 25_000
MOST_STEPS = 1_000

LEVELS = {CaseStatus.OPEN: ("open", "none")}
"""The kind and level of a result; the others are failures."""


def sarif(suites: Sequence[Suite], code: int, version: str, root: Path) -> dict[str, Any]:
    """The document; files in the folder `root` are named from there."""
    found = list(wrong(suites))
    results = [(s, c) for s, c in found if c.rule not in (BAD_INPUT, BUG)]
    failed = [(s, c) for s, c in found if c.rule in (BAD_INPUT, BUG)]
    notes = [_notification(c.message, "error", s.place(c), root) for s, c in failed]
    if len(results) > MOST_RESULTS:
        said = f"{len(results) - MOST_RESULTS:,} of {len(results):,} results are left out"
        notes.append(_notification(said, "warning", None, root))
        results = results[:MOST_RESULTS]
    rules = list({case.rule.name: case.rule for _, case in results}.values())
    writer = _Writer(root, {rule.name: n for n, rule in enumerate(rules)})
    run = {
        "tool": {
            "driver": {
                "name": "Quorate",
                "semanticVersion": version,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not failed,
                "exitCode": code,
                "toolExecutionNotifications": notes,
            }
        ],
        "originalUriBaseIds": {ROOT: {"uri": f"{root.as_uri()}/"}},
        "columnKind": "unicodeCodePoints",
        "results": [writer.result(suite, case) for suite, case in results],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": "error"},
    }


def _notification(said: str, level: str, place: SourcePlace | None, root: Path) -> dict[str, Any]:
    where = [{"physicalLocation": physical(place, root)}] if place is not None else []
    return {"level": level, "message": {"text": said}, "locations": where}


@dataclass(frozen=True)
class _Writer:
    root: Path
    rules: dict[str, int]

    def result(self, suite: Suite, case: ReportCase) -> dict[str, Any]:
        kind, level = LEVELS.get(case.status, ("fail", "error"))
        location: dict[str, Any] = {
            "logicalLocations": [{"fullyQualifiedName": f"{suite.name}.{case.name}"}]
        }
        if (place := suite.place(case)) is not None:
            location["physicalLocation"] = physical(place, self.root)
        said = [case.message, *self._cut(case.trace)]
        if case.trace is not None and case.trace.violation and case.trace.violation.witness:
            said.append(case.trace.violation.witness)
        parts = (case.rule.name, suite.name, case.name)
        identity = hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()[
            :32
        ]
        found: dict[str, Any] = {
            "ruleId": case.rule.name,
            "ruleIndex": self.rules[case.rule.name],
            "kind": kind,
            "level": level,
            "message": {"text": "\n".join([*said, *([case.detail] if case.detail else [])])},
            "locations": [location],
            "partialFingerprints": {"quorate/v1": identity},
        }
        if case.trace is not None and case.trace.drawn().steps:
            steps = list(self._steps(suite, case.trace.drawn()))
            first = {str(n): {"text": show(v)} for n, v in case.trace.initial.items()}
            flow = {"initialState": first, "locations": steps}
            found["codeFlows"] = [{"threadFlows": [flow]}]
        return found

    def _cut(self, trace: Trace | None) -> list[str]:
        beyond = 0 if trace is None else len(trace.drawn().steps) - MOST_STEPS
        return [f"(The first {beyond:,} steps are left out of the flow.)"] if beyond > 0 else []

    def _steps(self, suite: Suite, trace: Trace) -> Iterator[dict[str, Any]]:
        """The last steps of a run, which lead to what is wrong."""
        for number, step in list(trace.numbered())[-MOST_STEPS:]:
            changes, sent = trace.changes(number), trace.sent(number)
            said = [f"{number}. {step.title()}", *map(str, changes)]
            said += [f"sent: {show(message)}" for message in sent]
            location: dict[str, Any] = {"message": {"text": "\n".join(said)}}
            if step.source is not None:
                place = SourcePlace(step.source.file, step.source.line).below(suite.folder)
                location["physicalLocation"] = physical(place, self.root)
            yield {
                "location": location,
                "executionOrder": number,
                "importance": "essential",
                "state": _state(step, changes),
            }


def _state(step: Step, changes: Sequence[Change]) -> dict[str, Any]:
    """What is known of the state after a step: the process that took it, and what it changed."""
    who = {"(process)": {"text": step.node}} if step.node is not None else {}
    kept = (change for change in changes if change.new is not Absent.ABSENT)
    return who | {c.place: {"text": show(c.new)} for c in kept if not isinstance(c.new, Absent)}


def physical(place: SourcePlace, root: Path) -> dict[str, Any]:
    """A place in a file: from `root` on, or else by its absolute URI."""
    inner = place.within(root)
    if inner is None:
        artifact = {"uri": place.absolute.as_uri()}
    else:
        artifact = {"uri": quote(inner), "uriBaseId": ROOT}
    found: dict[str, Any] = {"artifactLocation": artifact}
    if place.line is not None:
        column = {} if place.column is None else {"startColumn": place.column}
        found["region"] = {"startLine": place.line, **column}
    return found
