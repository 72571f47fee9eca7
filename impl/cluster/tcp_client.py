"""A client of the store over TCP: it finds the leader, repeats what is not answered, and gives up.

It speaks to one server at a time, over one connection. What it was not told in time may have
happened, or may still happen: the caller learns that, and the client goes on under a new number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, get_args

from quorate.impl.envelope import Envelope
from quorate.impl.errors import ClusterError, WireError
from quorate.impl.network.codec import Codec, frame
from quorate.impl.network.transport import Address, envelopes
from quorate.impl.outputs import Send
from quorate.impl.replicated.client import Client
from quorate.impl.store import ClientMessage, Command, Rejected, Result, Submission

RETRY_S: Final = 1.0
PAUSE_S: Final = 0.03


class Unanswered(ClusterError):
    """Nobody answered in time. Whether the command happened is not known."""


class StoreClient:
    """One client, with one command at a time. Use it as an async context manager."""

    def __init__(
        self,
        name: str,
        addresses: Mapping[str, Address],
        codec: Codec[Any],
        retry_s: float = RETRY_S,
    ) -> None:
        """No other client of the store may ever have had the name."""
        self._client = Client(name, tuple(addresses))
        self._addresses, self._codec, self._retry_s = dict(addresses), codec, retry_s
        self._connected: str | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: asyncio.Queue[ClientMessage | None] = asyncio.Queue()

    async def __aenter__(self) -> StoreClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._disconnect()

    async def call(self, command: Command, patience_s: float) -> Result:
        """The result of the command. Raises Unanswered, and ClusterError if it was rejected."""
        try:
            async with asyncio.timeout(patience_s):
                return await self._call(self._client.begin(command))
        except TimeoutError:
            self._client.give_up()
            raise Unanswered(
                f"No answer in {patience_s:g} s: whether it happened, or still will, is not known."
            ) from None

    async def _call(self, send: Send[Submission]) -> Result:
        redirected = 0
        while True:
            answer = await self._ask(send)
            reply = None if answer is None else self._client.receive(answer)
            if isinstance(reply, Send):
                send, redirected = reply, redirected + 1
            elif reply is None:
                send, redirected = self._client.repeat(), redirected + 1
            elif isinstance(reply, Rejected):
                raise ClusterError(f"The store has rejected it: {reply.reason}")
            else:
                return reply.result
            if redirected > 1:  # Nobody leads yet, or the one that does is not known.
                await asyncio.sleep(PAUSE_S)

    async def _ask(self, send: Send[Submission]) -> ClientMessage | None:
        """Send, and wait for an answer to it; None where there is none in time."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._retry_s):
                writer = await self._connect(send.dst)
                writer.write(self._frame(send))
                await writer.drain()
                while (answer := await self._answers.get()) is not None:
                    if answer.sequence == send.message.sequence:
                        return answer
        await self._disconnect()
        return None

    def _frame(self, send: Send[Submission]) -> bytes:
        return frame(self._codec.encode(Envelope(self._client.name, send.dst, send.message)))

    async def _connect(self, server: str) -> asyncio.StreamWriter:
        if self._connected == server and self._writer is not None:
            return self._writer
        await self._disconnect()
        reader, writer = await asyncio.open_connection(*self._addresses[server])
        self._connected, self._writer = server, writer
        self._answers = asyncio.Queue()
        self._reader = asyncio.create_task(self._read(reader, self._answers))
        return writer

    async def _disconnect(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self._connected = self._writer = self._reader = None

    async def _read(
        self, reader: asyncio.StreamReader, answers: asyncio.Queue[ClientMessage | None]
    ) -> None:
        """Pass answers on until the connection ends, which is one, too."""
        with suppress(WireError, OSError):
            async for envelope in envelopes(reader, self._codec):
                if isinstance(envelope.body, get_args(ClientMessage)):
                    answers.put_nowait(envelope.body)
        answers.put_nowait(None)
