"""The published schema of what `--json` prints, and of `to_json()`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jsonschema

from quorate.checker.rendering.document import envelope

SCHEMA = json.loads(files("quorate.checker.rendering").joinpath("quorate.schema.json").read_text())


def valid(verb: str, code: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a verb prints with --json of a result, read back: it is as the schema says."""
    told: dict[str, Any] = json.loads(json.dumps(envelope(verb, code, body)))
    jsonschema.Draft202012Validator(SCHEMA).validate(told)
    return told
