"""Code that joins two kernels, of one protocol each, into one.

Its parts are given to `join` as an array of 64-bit numbers, in the order of `JoinedPart`.
`successors` has those of the old kernel, but for steps that are omitted, then those of the new one.
Labels of the new kernel come after those of the old one.
"""

from __future__ import annotations

from enum import IntEnum, auto

from quorate.checker.explore.codegen.labels import NO_STEP


class JoinedPart(IntEnum):
    """What the code is told; what ends with `_at` is an address."""

    OLD_SUCCESSORS_AT = 0
    NEW_SUCCESSORS_AT = auto()
    OLD_CHECK_AT = auto()
    NEW_CHECK_AT = auto()
    OMITTED_AT = auto()
    """A byte for each instance of the old kernel: 1 where its steps are not taken."""
    KEPT_AT = auto()
    """A number for each action of the old kernel: 0 where its steps are not taken, otherwise 1."""
    PLACES_AT = auto()
    """Which action of the new protocol each of the old kernel is."""
    FIRED_AT = auto()
    """Room to count the steps of each action of the old kernel; zeros."""
    ACTIONS = auto()
    """How many actions the old kernel has."""
    INSTANCES = auto()
    """How many instances the old kernel has."""
    WORDS = auto()


def part_of(part: IntEnum, kind: str = "i64") -> str:
    """Code that reads a part into a register of its name."""
    name = part.name.lower()
    return f"""
  %{name}_ = getelementptr i64, ptr %parts, i64 {part.value}
  %{name} = load {kind}, ptr %{name}_"""


JOINED = f"""
@given = internal global ptr null

define i64 @join(ptr %parts) {{
  store ptr %parts, ptr @given
  ret i64 0
}}

define i64 @successors(ptr %state, ptr %out, ptr %labels, ptr %fired) {{
entry:
  %parts = load ptr, ptr @given
  {part_of(JoinedPart.OLD_SUCCESSORS_AT, "ptr")}
  {part_of(JoinedPart.NEW_SUCCESSORS_AT, "ptr")}
  {part_of(JoinedPart.OMITTED_AT, "ptr")}
  {part_of(JoinedPart.KEPT_AT, "ptr")}
  {part_of(JoinedPart.PLACES_AT, "ptr")}
  {part_of(JoinedPart.FIRED_AT, "ptr")}
  {part_of(JoinedPart.ACTIONS)}
  {part_of(JoinedPart.INSTANCES, "i32")}
  {part_of(JoinedPart.WORDS)}
  %found = call i64 %old_successors_at(ptr %state, ptr %out, ptr %labels, ptr %fired_at)
  br label %count
count: ; the steps of each action that are kept
  %a = phi i64 [0, %entry], [%a.next, %counting]
  %a.more = icmp ult i64 %a, %actions
  br i1 %a.more, label %counting, label %keep
counting:
  %taken_ = getelementptr i64, ptr %fired_at, i64 %a
  %taken = load i64, ptr %taken_
  store i64 0, ptr %taken_
  %kept_ = getelementptr i64, ptr %kept_at, i64 %a
  %kept = load i64, ptr %kept_
  %counted = mul i64 %taken, %kept
  %place_ = getelementptr i64, ptr %places_at, i64 %a
  %place = load i64, ptr %place_
  %total_ = getelementptr i64, ptr %fired, i64 %place
  %total = load i64, ptr %total_
  %total.next = add i64 %total, %counted
  store i64 %total.next, ptr %total_
  %a.next = add i64 %a, 1
  br label %count
keep: ; the successors that are not omitted move together
  %i = phi i64 [0, %count], [%i.next, %moved]
  %to = phi i64 [0, %count], [%to.next, %moved]
  %i.more = icmp ult i64 %i, %found
  br i1 %i.more, label %keeping, label %new
keeping:
  %label_ = getelementptr i32, ptr %labels, i64 %i
  %label = load i32, ptr %label_
  %instance = and i32 %label, {NO_STEP}
  %instance.wide = zext i32 %instance to i64
  %omitted_ = getelementptr i8, ptr %omitted_at, i64 %instance.wide
  %omitted = load i8, ptr %omitted_
  %one = zext i8 %omitted to i64
  %label.to = getelementptr i32, ptr %labels, i64 %to
  store i32 %label, ptr %label.to
  %from.word = mul i64 %i, %words
  %to.word = mul i64 %to, %words
  br label %move
move:
  %w = phi i64 [0, %keeping], [%w.next, %moving]
  %w.more = icmp ult i64 %w, %words
  br i1 %w.more, label %moving, label %moved
moving:
  %from.at = add i64 %from.word, %w
  %to.at = add i64 %to.word, %w
  %from_ = getelementptr i64, ptr %out, i64 %from.at
  %to_ = getelementptr i64, ptr %out, i64 %to.at
  %word = load i64, ptr %from_
  store i64 %word, ptr %to_
  %w.next = add i64 %w, 1
  br label %move
moved:
  %i.next = add i64 %i, 1
  %to.more = add i64 %to, 1
  %to.next = sub i64 %to.more, %one
  br label %keep
new:
  %out.at = mul i64 %to, %words
  %out.new = getelementptr i64, ptr %out, i64 %out.at
  %labels.new = getelementptr i32, ptr %labels, i64 %to
  %made = call i64 %new_successors_at(ptr %state, ptr %out.new, ptr %labels.new, ptr %fired)
  br label %name
name: ; the labels of the new ones
  %n = phi i64 [0, %new], [%n.next, %naming]
  %n.more = icmp ult i64 %n, %made
  br i1 %n.more, label %naming, label %done
naming:
  %named_ = getelementptr i32, ptr %labels.new, i64 %n
  %named = load i32, ptr %named_
  %named.next = add i32 %named, %instances
  store i32 %named.next, ptr %named_
  %n.next = add i64 %n, 1
  br label %name
done:
  %all = add i64 %to, %made
  ret i64 %all
}}

define i64 @check(ptr %state, ptr %label_) {{
entry:
  %parts = load ptr, ptr @given
  {part_of(JoinedPart.OLD_CHECK_AT, "ptr")}
  {part_of(JoinedPart.NEW_CHECK_AT, "ptr")}
  {part_of(JoinedPart.INSTANCES, "i32")}
  %own_ = alloca i32
  %label = load i32, ptr %label_
  %first = icmp eq i32 %label, {NO_STEP}
  %old = icmp ult i32 %label, %instances
  %theirs = or i1 %first, %old
  br i1 %theirs, label %checked, label %own
checked:
  %found = call i64 %old_check_at(ptr %state, ptr %label_)
  ret i64 %found
own:
  %number = sub i32 %label, %instances
  store i32 %number, ptr %own_
  %found.own = call i64 %new_check_at(ptr %state, ptr %own_)
  ret i64 %found.own
}}
"""
