"""Whether a mutant takes the same steps as its protocol in every state that the protocol reaches.

If it does, and begins alike, the two have the same graph: by induction over the length of a run,
each run of one is a run of the other. So what a search found of the protocol holds of the mutant,
and nothing is searched. Only the changed actions are asked for their steps. A step that changes
nothing counts as none.
"""

from __future__ import annotations

import ctypes
from enum import IntEnum, auto

import numpy as np

from quorate.checker.explore.codegen.labels import UNDEFINED_STEP
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.explore.kernel import Kernel
from quorate.checker.explore.search.storage import StateStorage

from .joined import part_of


def same_steps(one: Kernel, other: Kernel, states: StateStorage) -> bool:
    """Whether two kernels of one layout give the same successors of all these states.

    They do not where a step is undefined.
    """
    assert one.words == other.words
    rooms = [max(1, kernel.most_successors) for kernel in (one, other)]
    rows = [np.zeros(room * one.words, np.uint64) for room in rooms]
    labels = [np.zeros(room, np.uint32) for room in rooms]
    fired = np.zeros(max(len(one.actions), len(other.actions)), np.int64)
    parts = np.zeros(len(ComparedPart), np.uint64)
    parts[ComparedPart.ONE_AT], parts[ComparedPart.OTHER_AT] = one.successors(), other.successors()
    parts[ComparedPart.ROWS_ONE_AT : ComparedPart.LABELS_ONE_AT] = [r.ctypes.data for r in rows]
    parts[ComparedPart.LABELS_ONE_AT : ComparedPart.FIRED_AT] = [x.ctypes.data for x in labels]
    parts[ComparedPart.FIRED_AT], parts[ComparedPart.WORDS] = fired.ctypes.data, one.words
    code, differing = MachineCode(COMPARED), np.zeros(1, np.int64)
    compare = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(code.address("compare"))
    compare(parts.ctypes.data)
    states.sweep(code.address("differing"), 1, differing)
    return not differing[0]


class ComparedPart(IntEnum):
    """What the code is told; what ends with `_at` is an address."""

    ONE_AT = 0
    OTHER_AT = auto()
    """The `successors` of the two kernels."""
    ROWS_ONE_AT = auto()
    ROWS_OTHER_AT = auto()
    LABELS_ONE_AT = auto()
    LABELS_OTHER_AT = auto()
    FIRED_AT = auto()
    """Room for what these write."""
    WORDS = auto()


COMPARED = f"""
@given = internal global ptr null

define i64 @compare(ptr %parts) {{
  store ptr %parts, ptr @given
  ret i64 0
}}

define i64 @differing(ptr %state, ptr %counts) {{ ; counts the first such state, and no other
entry:
  %before = load i64, ptr %counts
  %over = icmp ne i64 %before, 0
  br i1 %over, label %ended, label %look
ended:
  ret i64 0
look:
  %parts = load ptr, ptr @given
  {part_of(ComparedPart.ONE_AT, "ptr")}
  {part_of(ComparedPart.OTHER_AT, "ptr")}
  {part_of(ComparedPart.ROWS_ONE_AT, "ptr")}
  {part_of(ComparedPart.ROWS_OTHER_AT, "ptr")}
  {part_of(ComparedPart.LABELS_ONE_AT, "ptr")}
  {part_of(ComparedPart.LABELS_OTHER_AT, "ptr")}
  {part_of(ComparedPart.FIRED_AT, "ptr")}
  {part_of(ComparedPart.WORDS)}
  %n = call i64 %one_at(ptr %state, ptr %rows_one_at, ptr %labels_one_at, ptr %fired_at)
  %m = call i64 %other_at(ptr %state, ptr %rows_other_at, ptr %labels_other_at, ptr %fired_at)
  %a = call i64 @missing(
    ptr %rows_one_at, ptr %labels_one_at, i64 %n, ptr %rows_other_at, i64 %m, i64 %words)
  %b = call i64 @missing(
    ptr %rows_other_at, ptr %labels_other_at, i64 %m, ptr %rows_one_at, i64 %n, i64 %words)
  %both = add i64 %a, %b
  store i64 %both, ptr %counts
  ret i64 0
}}

; How many of n rows are not among m others, or are of steps that are undefined.
define internal i64 @missing(ptr %rows, ptr %labels, i64 %n, ptr %others, i64 %m, i64 %words) {{
entry:
  br label %rows.loop
rows.loop:
  %i = phi i64 [0, %entry], [%i.next, %rows.next]
  %found = phi i64 [0, %entry], [%found.next, %rows.next]
  %i.more = icmp ult i64 %i, %n
  br i1 %i.more, label %row, label %done
row:
  %label_ = getelementptr i32, ptr %labels, i64 %i
  %label = load i32, ptr %label_
  %bit = and i32 %label, {UNDEFINED_STEP}
  %undefined = icmp ne i32 %bit, 0
  %at = mul i64 %i, %words
  br i1 %undefined, label %rows.next, label %others.loop
others.loop:
  %j = phi i64 [0, %row], [%j.next, %others.next]
  %j.more = icmp ult i64 %j, %m
  br i1 %j.more, label %other, label %rows.next
other:
  %other.at = mul i64 %j, %words
  br label %words.loop
words.loop:
  %w = phi i64 [0, %other], [%w.next, %word]
  %w.more = icmp ult i64 %w, %words
  br i1 %w.more, label %word, label %rows.next
word:
  %x.at = add i64 %at, %w
  %y.at = add i64 %other.at, %w
  %x_ = getelementptr i64, ptr %rows, i64 %x.at
  %y_ = getelementptr i64, ptr %others, i64 %y.at
  %x = load i64, ptr %x_
  %y = load i64, ptr %y_
  %w.next = add i64 %w, 1
  %alike = icmp eq i64 %x, %y
  br i1 %alike, label %words.loop, label %others.next
others.next:
  %j.next = add i64 %j, 1
  br label %others.loop
rows.next: ; one more is missing, unless all words of one of the others are alike
  %one = phi i64 [1, %row], [1, %others.loop], [0, %words.loop]
  %found.next = add i64 %found, %one
  %i.next = add i64 %i, 1
  br label %rows.loop
done:
  ret i64 %found
}}
"""
