"""A run as a space-time diagram in SVG, and as a table of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from quorate.checker.rendering.words import count

from .elements import Part, e, folded, table

ROW, TOP, LEFT, GAP = 34, 34, 18, 12
LETTER = 7.2
"""About how wide a character is, in pixels: lanes are as far apart as their labels need."""
LABEL = 12
"""How tall a label is, in pixels."""
PLACES = (2 / 3, 1 / 2, 4 / 5, 1 / 3, 1 / 5)
"""Where along an arrow its label may be, above or below it, the best place first."""
NOBODY = "—"
_NOT_INDUCTIVE = ("does not hold after this", "verdict open")
MOST_LABELS = 2
"""Of arrows that meet: with more of one name they would cover each other, so the first has it."""
MOST_DRAWN = 400
"""Steps in a picture; of a longer run the table alone is shown."""

Json = Mapping[str, Any]


def value_text(value: Any) -> str:
    """A value of a state, which is plain JSON, as text."""
    match value:
        case {"tag": str() as tag, "value": dict() as fields}:
            return f"{tag}({', '.join(f'{k}={value_text(v)}' for k, v in fields.items())})"
        case list():
            return f"[{', '.join(map(value_text, value))}]"  # JSON tells no set from a sequence
        case dict():
            return "{" + ", ".join(f"{k}: {value_text(v)}" for k, v in value.items()) + "}"
    return str(value)


def drawn_steps(run: Json) -> list[Json]:
    """The steps, and the one that is undefined, if the run ends in such."""
    undefined = run.get("undefined")
    last = []
    if undefined and undefined["kind"] in ("init", "action"):
        last = [{**undefined, "title": f"{undefined['name']}(…)", "received": [], "changes": []}]
        last[0] |= {"number": len(run["steps"]) + 1, "sent": [], "consumed": [], "undefined": True}
    return [*run["steps"], *last]


class LabelBox(NamedTuple):
    """Where a label or a dot is: from left to right, and how far down."""

    left: float
    right: float
    y: float

    def covers(self, other: LabelBox) -> bool:
        """Whether one of them hides a part of the other."""
        aside = self.right < other.left or other.right < self.left
        return not aside and abs(self.y - other.y) < LABEL


@dataclass
class Diagram:
    """Lanes side by side, time going down."""

    run: Json

    def __post_init__(self) -> None:
        self.steps = drawn_steps(self.run)
        nodes = [step["node"] for step in self.steps]
        named = dict.fromkeys([*self.run.get("processes", ()), *(n for n in nodes if n)])
        self.lanes = [*([NOBODY] if None in nodes or not named else []), *named]
        heard = [(r["step"], repr(r["message"])) for s in self.steps for r in s["received"]]
        self.heard = set(heard)
        self.labels: list[LabelBox] = []
        longest = max((len(self._label(m)) for s in self.steps for m in _messages(s)), default=8)
        self.pitch = max(130.0, min(240.0, longest * LETTER * 0.9 + 24))
        titles = max((len(_title(s)) for s in self.steps), default=0)
        self.start = LEFT + min(360.0, titles * LETTER + 40)

    def svg(self) -> Element:
        """The whole picture."""
        height = TOP + len(self.steps) * ROW + GAP
        parts = [self._lane(k, name, height) for k, name in enumerate(self.lanes)]
        # First what has one place alone: the labels of arrows make room for it.
        dots = [self._step(step) for step in self.steps]
        arrows = [self._arrows(step) for step in self.steps]
        widest = max((box.right for box in self.labels), default=0.0)
        width = max(self.start + len(self.lanes) * self.pitch + 40, widest + GAP)
        marker = e("path", d="M0,0 L8,4 L0,8 z", class_="head")
        size: dict[str, str | int] = {"markerWidth": 8, "markerHeight": 8, "orient": "auto"}
        size |= {"refX": 7, "refY": 4}
        defs = e("defs", e("marker", marker, id="arrow", **size))
        label = f"Space-time diagram of {len(self.steps)} steps"
        return e(
            *("svg", defs, parts, arrows, dots),
            viewBox=f"0 0 {width:.0f} {height}",
            width=f"{width:.0f}",
            height=height,
            role="img",
            aria_label=label,
        )

    def _x(self, node: str | None) -> float:
        return self.start + (self.lanes.index(node or NOBODY) + 0.3) * self.pitch

    def _y(self, number: int) -> float:
        return TOP + (number - 0.5) * ROW

    def _lane(self, k: int, name: str, height: float) -> Element:
        x = self.start + (k + 0.3) * self.pitch
        line = e("line", x1=x, y1=TOP - 6, x2=x, y2=height - GAP, class_="lane")
        return e("g", line, e("text", name, x=x, y=TOP - 14, text_anchor="middle", class_="name"))

    def _step(self, step: Json) -> Element:
        x, y = self._x(step["node"]), self._y(step["number"])
        again = self.run.get("loop") is not None and step["number"] > self.run["loop"]
        kind = "undefined" if step.get("undefined") else "again" if again else "dot"
        title = f"{step['number']}{' ↻' if again else ''}  {_title(step)}"
        lost = [m for m in step["sent"] if (step["number"], repr(m)) not in self.heard]
        self.labels.append(LabelBox(x - 6, x + 6, y))
        return e(
            "g",
            e("title", "\n".join([title, *_changes(step)])),
            e("text", _shortened(title, 46), x=LEFT, y=y + 4, class_="step"),
            e("circle", cx=x, cy=y, r=5, class_=kind),
            self._lost(x, y, lost),
        )

    def _lost(self, x: float, y: float, lost: Sequence[Any]) -> list[Element]:
        if not lost:
            return []
        said = ", ".join(self._label(m) for m in lost)
        short = _shortened(said, 26)
        self.labels.append(LabelBox(x + 36, x + 36 + len(short) * LETTER, y))
        return [
            e("line", x1=x + 5, y1=y, x2=x + 22, y2=y, class_="lost"),
            e("text", "✗", x=x + 24, y=y + 4, class_="lost"),
            e("text", short, e("title", said), x=x + 36, y=y + 4, class_="label"),
        ]

    def _arrows(self, step: Json) -> list[Element]:
        found, labels = [], Counter[str]()
        met = Counter(self._label(r["message"]) for r in step["received"] if r["step"])
        for r in step["received"]:
            if r["step"]:
                label = self._label(r["message"])
                labels[label] += 1
                named = met[label] <= MOST_LABELS or labels[label] == 1
                found.append(self._arrow(step, r, label if named else ""))
        return found

    def _arrow(self, step: Json, received: Json, label: str) -> Element:
        sender = self.steps[received["step"] - 1]
        x1, y1 = self._x(sender["node"]), self._y(sender["number"])
        x2, y2 = self._x(step["node"]), self._y(step["number"])
        if x1 == x2:
            path = f"M{x1},{y1} C{x1 + 40},{y1 + 10} {x1 + 40},{y2 - 10} {x2 + 7},{y2}"
            places = [(x1 + 34, y1 + part * (y2 - y1)) for part in PLACES]
        else:
            path = f"M{x1},{y1} L{x2 + (-7 if x2 > x1 else 7)},{y2}"
            on_it = [(x1 + part * (x2 - x1), y1 + part * (y2 - y1)) for part in PLACES]
            places = [(x, y + beside) for beside in (-5, 13) for x, y in on_it]
        at = self._room(places, len(label) * LETTER / 2)
        return e(
            "g",
            e("title", value_text(received["message"])),
            e("path", d=path, class_="arrow", marker_end="url(#arrow)"),
            at and e("text", label, x=at[0], y=at[1], text_anchor="middle", class_="label"),
        )

    def _room(
        self, places: Sequence[tuple[float, float]], half: float
    ) -> tuple[float, float] | None:
        """The first of some places at which a label covers no other one; None if there is none."""
        for x, y in places if half else ():
            box = LabelBox(x - half, x + half, y)
            if not any(box.covers(other) for other in self.labels):
                self.labels.append(box)
                return x, y
        return None

    @staticmethod
    def _label(message: Any) -> str:
        return str(message["tag"]) if isinstance(message, Mapping) else value_text(message)


def run_parts(run: Json, reachable: bool = True) -> list[Part]:
    """A run: what it violates, the picture, the table, the first and the last state.

    One from a state that may not be `reachable` shows no violation.
    """
    violation, undefined = run.get("violation"), run.get("undefined")
    verdict: Part = None
    if violation is not None:
        how = f": {violation['witness']}" if violation["witness"] else ""
        said, kind = ("is violated", "verdict") if reachable else _NOT_INDUCTIVE
        verdict = e("p", e("strong", f"{violation['property']} {said}"), how, class_=kind)
    elif undefined is not None:
        said = f"the model is undefined: {undefined['name']}: {undefined['message']}"
        verdict = e("p", e("strong", said), class_="verdict")
    steps = drawn_steps(run)
    diagram = Diagram(run)
    drawn = len(steps) <= MOST_DRAWN and diagram.lanes != [NOBODY]
    picture = e("div", diagram.svg(), class_="scroll") if drawn else None
    loop = run.get("loop")
    again = e("p", f"From the state after step {loop} on, it repeats for ever.")
    return [
        verdict,
        picture if steps else e("p", "no steps"),
        None if loop is None else again,
        folded(f"the {count(len(steps), 'step')}", _table(steps), opened=len(steps) <= 30),
        folded("the first state", _state(run["initial"])),
        folded("the last state", _state(run["steps"][-1]["state"])) if run["steps"] else None,
    ]


def _table(steps: Sequence[Json]) -> Element:
    named = any(step["action"] or step["arguments"] for step in steps)
    columns: list[tuple[str, list[Part]]] = [
        ("action", [e("code", _title(step)) if named else None for step in steps]),
        ("because of", [", ".join(map(str, step["because"])) for step in steps]),
        ("what changed", [[e("div", e("code", line)) for line in _changes(s)] for s in steps]),
        ("sent", [[e("div", e("code", value_text(m))) for m in step["sent"]] for step in steps]),
    ]
    # An element counts as false if it has no elements in it.
    known = [
        (head, cells) for head, cells in columns if any(c not in (None, "", []) for c in cells)
    ]
    rows = zip(*([s["number"] for s in steps], *(cells for _, cells in known)), strict=True)
    return table(["#", *(head for head, _ in known)], rows, {0}, stacked=True)


def _state(state: Json) -> Element:
    rows = [(e("code", name), e("code", value_text(value))) for name, value in state.items()]
    return table(("variable", "value"), rows)


def _title(step: Json) -> str:
    arguments = ", ".join(value_text(v) for v in step["arguments"].values())
    return str(step.get("title") or f"{step.get('action', '')}({arguments})")


def _changes(step: Json) -> list[str]:
    changes = [change["text"] for change in step["changes"]]
    return [*changes, *(f"removed {value_text(m)}" for m in step["consumed"])]


def _messages(step: Json) -> list[Any]:
    return [*step["sent"], *(r["message"] for r in step["received"])]


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
