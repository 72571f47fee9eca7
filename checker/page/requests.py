"""What the page asks for: one class a question, read strictly."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from .near import LARGEST_RADIUS

Number = Annotated[int, Meta(ge=0)]
Numbers = Annotated[list[Number], Meta(max_length=4_000)]
Name = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=500)]


class AboutProtocol(Struct, forbid_unknown_fields=True):
    """The protocol: its parts, its sizes, and the trace that was opened with it."""


class AtState(Struct, forbid_unknown_fields=True):
    """The state at the end of a way: what it is, what holds, what is possible."""

    way: Numbers


class OfRun(Struct, forbid_unknown_fields=True):
    """The run along a way, with what enabled each step."""

    way: Numbers


class StoppedSteps(Struct, forbid_unknown_fields=True):
    """The choices of arguments for which an action is not possible."""

    way: Numbers
    action: Name


class GuardsOf(Struct, forbid_unknown_fields=True):
    """Each guard of an action, for one choice of arguments."""

    way: Numbers
    action: Name
    choice: Number


class WhatWouldEnable(Struct, forbid_unknown_fields=True):
    """The shortest way on to where an action is possible, for one choice of arguments."""

    way: Numbers
    action: Name
    choice: Number


class OpenTrace(Struct, forbid_unknown_fields=True):
    """The text of a trace's file, to be found in the protocol."""

    name: Name
    text: str


class SaveTrace(Struct, forbid_unknown_fields=True):
    """The run along a way as the text of a trace's file."""

    way: Numbers


class NearStates(Struct, forbid_unknown_fields=True):
    """The state graph around the end of a way, so many steps far.

    With `before` the whole graph is searched, if it was not, for what leads there.
    """

    way: Numbers
    radius: Annotated[int, Meta(ge=1, le=LARGEST_RADIUS)]
    before: bool = False


class AllStates(Struct, forbid_unknown_fields=True):
    """The whole state graph; the state at the end of a way is looked at."""

    way: Numbers


class ClassesOfStates(Struct, forbid_unknown_fields=True):
    """The state graph as classes of states that agree on some expressions."""

    way: Numbers
    names: Annotated[list[Text], Meta(min_length=1, max_length=20)]


class TypedExpression(Struct, forbid_unknown_fields=True):
    """Whether this is an expression that states can be told apart by."""

    text: Text


class WayToState(Struct, forbid_unknown_fields=True):
    """A shortest path to a state of the whole graph, by its number."""

    state: Number


class WhatWasSeen(Struct, forbid_unknown_fields=True):
    """What was looked at so far."""
