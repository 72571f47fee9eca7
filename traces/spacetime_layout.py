"""Where everything in a space-time diagram goes: columns, rows, and the tracks of messages.

A message runs down a track beside its sender's column, from the row in which it
is sent to the row in which it is last received. All messages of one step share
a track. A track that finds no room is left out, and arrows start at the number
of the sending step instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .trace import NOBODY, Step, Trace
from .values import Record

TRACK_OFFSET = 2  # ●─╮
_GAP = 2  # Room for an arrowhead, and for a number of two digits that ends at a column.
_LONGEST_NAME = 12
_WIDE, _ROOM = 500, 120
"""From so many columns on, nothing is to be cut, and there is room for long messages."""


@dataclass
class Lane:
    """The column of one process, and the tracks to the right of it."""

    name: str
    index: int
    tracks: int = 0
    pitch: int = 1
    """Columns from one track to the next."""
    x: int = 0
    width: int = 0

    @property
    def narrowest(self) -> int:
        name = min(len(self.name), _LONGEST_NAME) + 1
        return max(TRACK_OFFSET + self.tracks * self.pitch + _GAP, name)


@dataclass
class Flight:
    """The messages of one step on their way."""

    lane: Lane
    top: int
    """The row in which they are sent."""
    bottom: int
    """The row in which the last of them is received."""
    track: int | None = None
    """None when there is no room for a track."""

    @property
    def x(self) -> int:
        if self.track is None:
            return self.lane.x
        return self.lane.x + TRACK_OFFSET + self.track * self.lane.pitch

    def overlaps(self, other: Flight) -> bool:
        return self.top <= other.bottom and other.top <= self.bottom


@dataclass
class Placed:
    """One step of the diagram."""

    number: int
    step: Step
    lane: Lane
    row: int
    leaves: int
    """The row in which its messages leave: the next one if an arrow comes in on that side."""
    lost: tuple[Record, ...] = ()
    """Messages that no later step receives."""
    flight: Flight | None = None
    stub: Flight | None = None
    """The end of the messages that are lost."""
    labels: dict[int, list[Record]] = field(default_factory=dict)
    """What it received, by the number of the sender."""


@dataclass
class SpacetimeLayout:
    """The whole diagram."""

    lanes: list[Lane]
    steps: list[Placed]
    rows: int
    width: int = 0


def lay_out(trace: Trace, width: int) -> SpacetimeLayout:
    """Place `trace` in `width` columns, with as many tracks as fit."""
    lanes = {name: Lane(name, index) for index, name in enumerate(trace.columns())}
    steps: list[Placed] = []
    for number, step in trace.numbered():
        lane = lanes[NOBODY if step.node is None else step.node]
        steps.append(_place(trace, number, step, lane, steps))
    layout = SpacetimeLayout(list(lanes.values()), steps, steps[-1].leaves + 1 if steps else 0)
    _find_flights(layout)
    _fit(layout, width)
    return layout


def _place(trace: Trace, number: int, step: Step, lane: Lane, earlier: list[Placed]) -> Placed:
    row = earlier[-1].leaves + 1 if earlier else 0
    labels: dict[int, list[Record]] = {}
    for received in step.received:
        # What was there from the start was sent by nobody: no arrow.
        if received.step:
            labels.setdefault(received.step, []).append(received.message)
    from_right = any(earlier[sender - 1].lane.index >= lane.index for sender in labels)
    heard = _heard(trace, number)
    sent = trace.sent(number)
    leaves = row + 1 if from_right and (sent or heard) else row
    lost = tuple(message for message in sent if message not in heard)
    return Placed(number, step, lane, row, leaves, lost, labels=labels)


def _heard(trace: Trace, number: int) -> set[Record]:
    later = (received for step in trace.steps[number:] for received in step.received)
    return {received.message for received in later if received.step == number}


def _find_flights(layout: SpacetimeLayout) -> None:
    for placed in layout.steps:
        for sender in placed.labels:
            source = layout.steps[sender - 1]
            if source.flight is None:
                source.flight = Flight(source.lane, source.leaves, placed.row)
            source.flight.bottom = placed.row
        if placed.lost:
            placed.stub = Flight(placed.lane, placed.leaves, placed.leaves)


def _fit(layout: SpacetimeLayout, width: int) -> None:
    for lane in layout.lanes:
        _assign_tracks(layout, lane, len(layout.steps))
    _set_apart(layout, width)
    most = max(lane.tracks for lane in layout.lanes)
    while most and _narrowest(layout) > width:
        most -= 1
        for lane in layout.lanes:
            _assign_tracks(layout, lane, most)
    _spread(layout, width)


def _set_apart(layout: SpacetimeLayout, width: int) -> None:
    # With a column between two tracks, crossings are easier to follow.
    for lane in sorted(layout.lanes, key=lambda lane: -lane.tracks):
        lane.pitch = 2
        if _narrowest(layout) > width:
            lane.pitch = 1


def _narrowest(layout: SpacetimeLayout) -> int:
    return sum(lane.narrowest for lane in layout.lanes)


def _assign_tracks(layout: SpacetimeLayout, lane: Lane, most: int) -> None:
    mine = [placed for placed in layout.steps if placed.lane is lane]
    drawn: list[Flight] = []
    # The shortest first: they stay next to their column, and if room is short
    # the longest, which are the hardest to follow, lose their track.
    for flight in sorted((p.flight for p in mine if p.flight), key=lambda f: f.bottom - f.top):
        flight.track = _free_track(flight, drawn, 0)
        if flight.track < most:
            drawn.append(flight)
        else:
            flight.track = None
    for placed in mine:
        if placed.stub:
            placed.stub.track = _free_track(placed.stub, drawn, _beyond(placed.flight))
    ends = [f.track for p in mine for f in (p.flight, p.stub) if f and f.track is not None]
    lane.tracks = max(ends, default=-1) + 1


def _beyond(flight: Flight | None) -> int:
    return 0 if flight is None or flight.track is None else flight.track + 1


def _free_track(flight: Flight, drawn: list[Flight], lowest: int) -> int:
    occupied = {other.track for other in drawn if other.overlaps(flight)}
    return next(track for track in range(lowest, lowest + len(drawn) + 1) if track not in occupied)


def _spread(layout: SpacetimeLayout, width: int) -> None:
    # Room left over goes between the columns, for the names of messages.
    spare = max(0, width - _narrowest(layout)) // len(layout.lanes)
    x = 0
    for lane in layout.lanes:
        lane.x, lane.width = x, lane.narrowest + min(spare, 16 if width < _WIDE else _ROOM)
        x += lane.width
    layout.width = x
