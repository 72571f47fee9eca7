"""What clients ask of nodes of Paxos, over TCP."""

from __future__ import annotations

import asyncio
from typing import Final, get_args

from quorate.impl.envelope import Envelope, Value
from quorate.impl.errors import WireError
from quorate.impl.network.codec import Codec, check_value, frame
from quorate.impl.network.transport import Address, envelopes
from quorate.impl.paxos import Learned, Message, Request

PAXOS_CODEC: Final = Codec[Message](get_args(Message))


def admit_request(envelope: Envelope[Message]) -> None:
    """Clients of Paxos may send requests, and no value that cannot be carried."""
    if not isinstance(envelope.body, Request):
        raise WireError(f"{envelope.src!r} is no member and may only send requests.")
    check_value(envelope.body.value)


async def request_value(address: Address, node: str, client: str, value: Value) -> Value:
    """Ask a node to get a value decided; the answer is the decided value, maybe another one."""
    try:
        reader, writer = await asyncio.open_connection(*address)
    except OSError as error:
        raise WireError(f"{node} does not answer: {error}.") from None
    try:
        writer.write(frame(PAXOS_CODEC.encode(Envelope(client, node, Request(value)))))
        await writer.drain()
        async for envelope in envelopes(reader, PAXOS_CODEC):
            if isinstance(envelope.body, Learned):
                return envelope.body.value
    except OSError as error:
        raise WireError(f"The connection to {node} broke: {error}.") from None
    finally:
        writer.close()
    raise WireError(f"{node} closed the connection without an answer.")
