"""What is written to a screen, and what to a file: folding, and the live line of progress."""

from __future__ import annotations

import io

import pytest

from quorate.checker.cli.console import progress
from quorate.checker.rendering.output import Output

NAMES = "6 invariants hold: agreement, one_value_per_ballot, votes_were_proposed, promises_are_kept"


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (io.StringIO(), [f"✓ {NAMES}"]),
        (
            Screen(),
            [
                "✓ 6 invariants hold: agreement,",
                "      one_value_per_ballot,",
                "      votes_were_proposed,",
                "      promises_are_kept",
            ],
        ),
    ],
)
def test_a_long_line_is_folded_on_a_screen_alone(stream: io.StringIO, lines: list[str]) -> None:
    out = Output(stream, 40)
    out.console.no_color = True
    out.line(NAMES, "ok")
    assert stream.getvalue().splitlines() == lines


def test_colours_in_a_log_do_not_make_it_a_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As FORCE_COLOR asks for in CI."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress(str) as tell:
        tell("3 states")
    assert capsys.readouterr().err == ""
