"""The images of all explored states under a mapping, with few calls of the mapping.

States that agree in everything that the mapping has ever read have the same image. What it reads is
only known after it has run, so states are grouped again whenever it reads something new.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.columns import Column
from quorate.checker.ground.layout import Layout
from quorate.checker.tracing.values import show_state
from quorate.checker.user_file import near_path
from quorate.model.language import StepError
from quorate.model.language.interpreter import State
from quorate.model.refinements import AsItIs, Refinement
from quorate.traces import show

from .values import AbstractValues, NoSuchValueError
from .view import Place, View

Indices = npt.NDArray[np.int64]
FIRST_LOOK = 100  # states that are mapped first, to see what the mapping reads


class Regroup(Exception):
    """The mapping read something new: states in one class may differ in that."""


@dataclass
class Images:
    """The images of an explorer's states, made when they are asked for.

    `classes[k]` is the class of state k, `of_class` gives the number of a class's image, and
    `states` are the images by number. Use it inside the sizes. Raises InputError if the mapping
    fails or returns something else.
    """

    explorer: Explorer
    refinement: Refinement
    states: list[State] = field(default_factory=list)
    classes: Indices = field(init=False)
    calls: int = 0

    def __post_init__(self) -> None:
        self._view = View(self.explorer.interpreter)
        self._translator = AbstractValues(self.refinement.abstract, self.refinement.sorts)
        self._numbers: dict[State, int] = {}
        self._image: dict[int, int] = {}  # image numbers of the nodes that were mapped
        for node in range(min(FIRST_LOOK, self.explorer.store.count)):
            self._of(node)
        self.regroup()

    def regroup(self) -> None:
        """Group the states by what the mapping has read so far."""
        count, words = self.explorer.store.count, self.explorer.kernel.words
        rows = self.explorer.store.states[: count * words].reshape(count, words)
        self._looked_at = set(self._view.read)
        bits = mask(self.explorer.kernel.layout, self._looked_at)
        self._firsts, self.classes = _classes(rows, bits)

    def of_class(self, number: int) -> int:
        """The number of the image of a class of states. Raises Regroup."""
        image = self._of(int(self._firsts[number]))
        if self._view.read != self._looked_at:
            raise Regroup
        return image

    def _of(self, node: int) -> int:
        """The number of the image of one state."""
        if node not in self._image:
            self.calls += 1
            image = self._map(self.explorer.state(node))
            self._image[node] = self._numbers.setdefault(image, len(self._numbers))
            if self._image[node] == len(self.states):
                self.states.append(image)
        return self._image[node]

    def _map(self, state: State) -> State:
        try:
            return self._translator.state(self.refinement.mapping(self._view.show(state)))
        except NoSuchValueError as error:
            raise self._mistake(self._place(None), str(error), state) from None
        except Exception as error:
            what = (
                str(error) if isinstance(error, StepError) else f"{type(error).__name__}: {error}"
            )
            raise self._mistake(self._place(error), what, state) from error

    def _place(self, error: Exception | None) -> str:
        """file:line of the mapping, or of the line that raised."""
        code: Any = getattr(self.refinement.mapping, "__code__", None)
        if code is None:
            return "the mapping"
        frames = traceback.extract_tb(error.__traceback__) if error is not None else []
        lines = [f.lineno for f in frames if f.filename == code.co_filename]
        return f"{near_path(code.co_filename)}:{lines[-1] if lines else code.co_firstlineno}"

    def _mistake(self, place: str, what: str, state: State) -> InputError:
        mapping = self.refinement.mapping
        name = getattr(mapping, "__name__", "the mapping")
        said = (
            f"read as it is, {what}" if isinstance(mapping, AsItIs) else f"{place}: {name}: {what}"
        )
        shown = show_state(self.explorer.description, state)
        told = ", ".join(f"{k} = {show(v)}" for k, v in shown.items())
        return InputError(f"{said}\n  in the state {told}")


def mask(layout: Layout, places: set[Place]) -> npt.NDArray[np.uint64]:
    """The mask of the bits of a packed state that hold these variables and messages."""
    columns: list[Column] = []
    for name, message in places:
        if name in layout.parts:  # fifo links are one variable, whatever class was read
            columns += layout.parts[name]
        elif message is not None and (name, message) in layout.messages:
            columns.append(layout.messages[name, message].column)
    words = [0] * layout.words
    for column in columns:
        for behind, index in layout.behind(column):
            if behind.bits:
                word, bit = behind.place(index)
                words[word] |= ((1 << behind.bits) - 1) << bit
    return np.array(words, dtype=np.uint64)


def _classes(rows: npt.NDArray[np.uint64], bits: npt.NDArray[np.uint64]) -> tuple[Indices, Indices]:
    """The first state of each class of states that agree in these bits, and each state's class."""
    kept = np.flatnonzero(bits)
    if not len(kept):
        return np.zeros(1, np.int64), np.zeros(len(rows), np.int64)
    masked = rows[:, kept] & bits[kept]
    if len(kept) == 1:
        _, firsts, classes = np.unique(masked[:, 0], return_index=True, return_inverse=True)
    else:
        order = np.lexsort(masked.T)
        ordered = masked[order]
        new = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
        numbers = np.cumsum(new) - 1
        classes = np.empty(len(rows), np.int64)
        classes[order] = numbers
        firsts = np.full(int(numbers[-1]) + 1, len(rows), np.int64)
        np.minimum.at(firsts, classes, np.arange(len(rows)))
    return firsts.astype(np.int64), classes.astype(np.int64)
