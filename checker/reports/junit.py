"""JUnit's XML, as CI servers read it (the schema of Jenkins' xUnit plugin): a case a property."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from quorate.traces import render_table

from .cases import CaseStatus, ReportCase, Suite, counted

ELEMENTS = {
    CaseStatus.FAILED: "failure",
    CaseStatus.ERROR: "error",
    CaseStatus.OPEN: "error",  # what is left open is no pass, as it would be if it were skipped
    CaseStatus.SKIPPED: "skipped",
}
WIDTH = 100

# XML 1.0 has no way to write these characters.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(suites: Sequence[Suite]) -> bytes:
    """The document."""
    top = ElementTree.Element("testsuites", {"name": "quorate", **_counts(suites, skipped=False)})
    for suite in suites:
        attributes = {"name": _xml(suite.name), **_counts([suite], skipped=True)}
        inner = ElementTree.SubElement(top, "testsuite", attributes)
        for case in suite.cases:
            _case(ElementTree.SubElement(inner, "testcase"), suite, case)
    ElementTree.indent(top)
    text: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _counts(suites: Sequence[Suite], skipped: bool) -> dict[str, str]:
    errors = counted(suites, CaseStatus.ERROR) + counted(suites, CaseStatus.OPEN)
    return {
        "tests": str(sum(len(s.cases) for s in suites)),
        "failures": str(counted(suites, CaseStatus.FAILED)),
        "errors": str(errors),
        **({"skipped": str(counted(suites, CaseStatus.SKIPPED))} if skipped else {}),
        "time": f"{sum(s.seconds for s in suites):.3f}",
    }


def _case(element: ElementTree.Element, suite: Suite, case: ReportCase) -> None:
    element.set("name", _xml(case.name))
    element.set("classname", _xml(suite.name))
    if case.status is CaseStatus.PASSED:
        return
    told = ElementTree.SubElement(element, ELEMENTS[case.status])
    told.set("type", case.rule.name if case.wrong else case.status.value)
    told.set("message", _xml(case.message))
    if case.wrong:
        told.text = _xml(text_of(case)) or None


def text_of(case: ReportCase) -> str:
    """All that is known of a case: its place, what is wrong, and the run to it as a table."""
    parts = [str(case.place)] if case.place is not None else []
    parts += [case.detail] if case.detail else []
    parts += [render_table(case.trace, WIDTH)] if case.trace is not None else []
    return "\n\n".join(part.rstrip("\n") for part in parts)


def _xml(text: str) -> str:
    """A text without the characters that XML does not have, which are shown as in Python."""
    return _NOT_XML.sub(lambda c: c[0].encode("unicode_escape").decode(), text)
