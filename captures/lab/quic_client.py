"""One HTTP/3 request with aioquic: `quic_client.py ADDRESS NAME VERSION CA`; run with the interpreter that has aioquic."""
import asyncio
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import QuicProtocolVersion


class Client(QuicConnectionProtocol):
    """Asks once and waits for the first data."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http, self.answer = H3Connection(self._quic), asyncio.get_event_loop().create_future()

    def quic_event_received(self, event):
        for told in self.http.handle_event(event):
            if isinstance(told, DataReceived) and not self.answer.done():
                self.answer.set_result(told.data)

    async def get(self, name):
        stream = self._quic.get_next_available_stream_id()
        self.http.send_headers(stream, [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", name.encode()), (b":path", b"/")], end_stream=True)
        self.transmit()
        return await self.answer


async def main():
    address, name, version, authority = sys.argv[1:]
    settings = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=name, idle_timeout=3.0)
    settings.load_verify_locations(authority)
    wanted = {"1": QuicProtocolVersion.VERSION_1, "2": QuicProtocolVersion.VERSION_2}[version]
    settings.supported_versions, settings.original_version = [wanted], wanted
    async with connect(address, 443, configuration=settings, create_protocol=Client) as client:
        print("answer:", await client.get(name))

try:
    asyncio.run(asyncio.wait_for(main(), 6))
except (ConnectionError, asyncio.TimeoutError) as error:
    print("failed:", type(error).__name__)
