"""Messages as bytes: JSON in Maelstrom's shape, in length-prefixed frames.

Rules:
- One envelope is `{"src": ..., "dest": ..., "body": {"type": ..., ...}}`, the shape
  that Maelstrom uses, so that its tools and ours can talk.
- What a message looks like follows from its class: its tag and its fields. Nothing is written
  by hand here, and one codec serves every protocol.
- One frame is a four-byte big-endian length and that many bytes. A length above the
  limit is refused before anything is allocated for it.
- Whatever bytes arrive, the answer is an envelope or a `WireError`, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar, Union

import msgspec

from quorate.impl.envelope import Envelope, Value
from quorate.impl.errors import WireError

MAX_FRAME_BYTES: Final = 1 << 24
#: A value's limit in UTF-8: JSON escapes sixfold at worst, so that any message about it fits.
MAX_VALUE_BYTES: Final = 1 << 16
_LENGTH_BYTES: Final = 4

MessageT = TypeVar("MessageT")


class Codec(Generic[MessageT]):
    """The messages of one protocol as bytes, and back."""

    def __init__(self, kinds: Sequence[type[MessageT]]) -> None:
        """`kinds` are classes of frozen values, each with a tag of its own."""
        body: Any = Union[tuple(kinds)]  # noqa: UP007 - known at run time only
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Envelope[body])

    def encode(self, envelope: Envelope[MessageT]) -> bytes:
        """One envelope as JSON."""
        try:
            return msgspec.json.encode(envelope)
        except UnicodeEncodeError as error:
            raise WireError(f"A message holds text that is not Unicode: {error}.") from None

    def decode(self, payload: bytes) -> Envelope[MessageT]:
        """The envelope in a payload; anything else is a `WireError` that says what was found."""
        try:
            envelope: Envelope[MessageT] = self._decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WireError(f"Not a message: {error} in {_excerpt(payload)}.") from None
        return envelope


def frame(payload: bytes) -> bytes:
    """The payload with its length in front; one above the limit is a `WireError`."""
    _check_length(len(payload))
    return len(payload).to_bytes(_LENGTH_BYTES, "big") + payload


def check_value(value: Value) -> None:
    """A value that some message could not carry must not enter: it would block all progress."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        raise WireError(f"A value must be Unicode text: {error}.") from None
    if size > MAX_VALUE_BYTES:
        raise WireError(f"A value of {size} bytes is above the limit of {MAX_VALUE_BYTES}.")


class FrameReader:
    """Cuts a byte stream into payloads, however the stream was chopped up. Does no input itself."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that these bytes complete."""
        self._buffer += data
        payloads = []
        while (end := self._frame_end()) is not None and len(self._buffer) >= end:
            payloads.append(bytes(self._buffer[_LENGTH_BYTES:end]))
            del self._buffer[:end]
        return payloads

    def close(self) -> None:
        """The stream ended; a frame cut in the middle is a `WireError`."""
        if self._buffer:
            raise WireError(f"The stream ended {len(self._buffer)} bytes into a frame.")

    def _frame_end(self) -> int | None:
        if len(self._buffer) < _LENGTH_BYTES:
            return None
        length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
        _check_length(length)
        return _LENGTH_BYTES + length


def _check_length(length: int) -> None:
    if length > MAX_FRAME_BYTES:
        raise WireError(f"A frame of {length} bytes is above the limit of {MAX_FRAME_BYTES}.")


def _excerpt(payload: bytes) -> str:
    return repr(payload[:40]) + ("…" if len(payload) > 40 else "")
