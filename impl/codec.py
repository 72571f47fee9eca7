"""Messages as bytes: JSON in Maelstrom's shape, in length-prefixed frames.

Rules:
- One envelope is `{"src": ..., "dest": ..., "body": {"type": ..., ...}}`, the shape
  that Maelstrom uses, so that its tools and ours can talk.
- One frame is a four-byte big-endian length and that many bytes. A length above the
  limit is refused before anything is allocated for it.
- Whatever bytes arrive, the answer is an envelope or a `WireError`, nothing else.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import msgspec

from .errors import WireError
from .messages import (
    Accept,
    Accepted,
    Ask,
    Envelope,
    Learned,
    Message,
    Nack,
    Prepare,
    Promise,
    Request,
    Value,
)

MAX_FRAME_BYTES: Final = 1 << 20
#: A value's limit in UTF-8: JSON escapes sixfold at worst, so that any message about it fits.
MAX_VALUE_BYTES: Final = 1 << 16
_LENGTH_BYTES: Final = 4

#: The wire name of each message type.
MESSAGE_TYPES: Final = MappingProxyType[str, type[Any]](
    {
        "prepare": Prepare,
        "promise": Promise,
        "accept": Accept,
        "accepted": Accepted,
        "nack": Nack,
        "ask": Ask,
        "learned": Learned,
        "request": Request,
    }
)
_NAMES: Final = MappingProxyType({kind: name for name, kind in MESSAGE_TYPES.items()})


class _Outer(msgspec.Struct):
    src: str
    dest: str
    body: msgspec.Raw


class _Typed(msgspec.Struct):
    type: str


_OUTER: Final = msgspec.json.Decoder(_Outer)
_TYPED: Final = msgspec.json.Decoder(_Typed)
_BODIES: Final = MappingProxyType(
    {name: msgspec.json.Decoder(kind) for name, kind in MESSAGE_TYPES.items()}
)


def encode(envelope: Envelope) -> bytes:
    """One envelope as JSON."""
    body = plain_message(envelope.body)
    try:
        return msgspec.json.encode({"src": envelope.src, "dest": envelope.dst, "body": body})
    except UnicodeEncodeError as error:
        raise WireError(f"A message holds text that is not Unicode: {error}.") from None


def plain_message(message: Message) -> dict[str, Any]:
    """A message as plain data, under its wire name."""
    return {"type": _NAMES[type(message)], **msgspec.to_builtins(message)}


def decode(payload: bytes) -> Envelope:
    """The envelope in a payload; anything else is a `WireError`."""
    try:
        outer = _OUTER.decode(payload)
        body = _decode_body(bytes(outer.body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"Not a message: {error} in {_excerpt(payload)}.") from None
    return Envelope(outer.src, outer.dest, body)


def _decode_body(raw: bytes) -> Message:
    name = _TYPED.decode(raw).type
    if name not in _BODIES:
        raise WireError(f"Unknown message type {name!r}; known are {', '.join(MESSAGE_TYPES)}.")
    body: Message = _BODIES[name].decode(raw)
    return body


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
