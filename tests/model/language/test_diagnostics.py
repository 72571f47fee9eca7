"""Every mistake that can be reported, as its user reads it: a wrong protocol and its message.

`QUORATE_REWRITE_GOLDEN=1 pytest tests/model/language` rewrites the expected messages.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from quorate.model import language
from quorate.model.language import ModelError
from quorate.model.language.pages import pages

from ...support.loading import load_protocol, mistakes_of

HERE = Path(__file__).parent / "diagnostics"
CASES = sorted(p.stem for p in HERE.glob("*.py"))
SEVERAL = {
    *("five-mistakes", "integers", "integers-declared"),
    *("unions", "unions-used", "constraints", "truth-values"),
}
SOURCES = Path(language.__file__).parent


def codes_in_source() -> set[str]:
    """The codes that the reading of a protocol can report."""
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        calls = r'(?:fail|_add|add|Diagnostic)\(\s*"([a-z]+(?:-[a-z]+)*)"'
        found |= set(re.findall(calls, path.read_text()))
    return found


def shown(error: ModelError) -> str:
    return error.render().replace(str(HERE) + os.sep, "") + "\n"


@pytest.mark.parametrize("case", CASES)
def test_message(case: str) -> None:
    error = mistakes_of(load_protocol(HERE / f"{case}.py"))
    golden = HERE / f"{case}.err"
    if os.environ.get("QUORATE_REWRITE_GOLDEN"):
        golden.write_text(shown(error))
    assert shown(error) == golden.read_text()


@pytest.mark.parametrize("case", sorted(set(CASES) - SEVERAL))
def test_case_is_about_its_code(case: str) -> None:
    error = mistakes_of(load_protocol(HERE / f"{case}.py"))
    assert {d.code for d in error.diagnostics} == {case}


def test_every_code_has_a_golden_file() -> None:
    assert codes_in_source() == set(CASES) - SEVERAL


def test_every_code_has_a_page() -> None:
    assert codes_in_source() == set(pages())
    for page in pages().values():
        assert page.means.endswith(".") and page.instead.rstrip(")").endswith(".")


def test_no_golden_file_is_left_over() -> None:
    assert {p.stem for p in HERE.glob("*.err")} == set(CASES)


def test_several_mistakes_are_reported_in_one_run() -> None:
    error = mistakes_of(load_protocol(HERE / "five-mistakes.py"))
    assert len(error.diagnostics) == 5
    assert error.render().endswith("5 mistakes in the model.")


def test_a_mistake_is_reported_once(tmp_path: Path) -> None:
    """Two variables lead to the record that is wrong."""
    model = tmp_path / "model.py"
    model.write_text(
        "from quorate.model.language import *\n"
        "class Node(Sort): ...\n"
        "class Tag(Record, order=True):\n"
        "    node: Node\n"
        "class Proto(Protocol):\n"
        "    a: Tag | None = durable(None)\n"
        "    b: Map[Node, Tag | None] = durable(None)\n"
        "    @action\n"
        "    def stay(self) -> None:\n"
        "        self.a = None\n"
    )
    assert [d.code for d in mistakes_of(load_protocol(model)).diagnostics] == ["bad-field"]
