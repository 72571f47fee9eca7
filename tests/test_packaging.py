"""The files that other tools read: the action, the hooks of pre-commit, the image, the metadata."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from quorate.checker.cli.main import VERBS

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "checker" / "starter" / "template"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("verify", ["verify"]),
        ("check model.py  -s A=1,B=2", ["check", "model.py", "-s", "A=1,B=2"]),
        ("conform m.py --adapter 'a.py:A b'", ["conform", "m.py", "--adapter", "a.py:A b"]),
        ("check $(id) `id` ; id", ["check", "$(id)", "`id`", ";", "id"]),
    ],
)
def test_the_action_hands_over_words(
    arguments: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = read(ROOT / "action.yml")["runs"]["steps"][-1]["run"]
    program = re.fullmatch(r"python -P -c '\n(.*)'\n", script, re.DOTALL)
    assert program is not None
    called: list[list[str]] = []
    monkeypatch.setattr(subprocess, "call", lambda command: called.append(command) or 5)
    monkeypatch.setenv("ARGUMENTS", arguments)
    with pytest.raises(SystemExit) as ended:
        exec(program[1], {})
    assert (called, ended.value.code) == ([["quorate", *words]], 5)


def test_the_action_is_whole() -> None:
    action = read(ROOT / "action.yml")
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action["inputs"])
    for step in action["runs"]["steps"]:
        assert "uses" in step or step["shell"] == "bash"
        assert "inputs." not in step.get("run", "")  # they reach scripts as variables alone


def test_hooks_call_verbs() -> None:
    for hook in read(ROOT / ".pre-commit-hooks.yaml"):
        command, verb = hook["entry"].split()
        assert command == "quorate" and verb in VERBS
        assert hook["language"] == "python" and not hook["pass_filenames"]


def test_the_workflow_of_a_new_project() -> None:
    job = read(TEMPLATES / "workflow.yml.in")["jobs"]["model"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands == [
        "pip install quorate pytest",
        "quorate verify",
        "quorate prove model.py",
        "pytest --junit-xml=junit.xml",
    ]


def test_the_image_runs_the_command() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert {name for name, _ in steps} <= {
        *("FROM", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD")
    }
    assert ["ENTRYPOINT", '["quorate"]'] in steps
    pythons = {re.match(r"python:3\.(\d+)", said)[1] for name, said in steps if name == "FROM"}  # type: ignore[index]
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert all(int(minor) >= int(oldest.removeprefix(">=3.")) for minor in pythons)
