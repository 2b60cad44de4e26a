"""An HTTP/3 server with aioquic that answers every request with `ok`: `quic_server.py ADDRESS CERTIFICATE KEY`."""
import asyncio
import sys

from aioquic.asyncio import serve
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.packet import QuicProtocolVersion


class Server(QuicConnectionProtocol):
    """Answers at once."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)

    def quic_event_received(self, event):
        for told in self.http.handle_event(event):
            if isinstance(told, HeadersReceived):
                self.http.send_headers(told.stream_id, [(b":status", b"200")])
                self.http.send_data(told.stream_id, b"ok", end_stream=True)
        self.transmit()


async def main():
    address, certificate, key = sys.argv[1:]
    settings = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    settings.supported_versions = [QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2]
    settings.load_cert_chain(certificate, key)
    await serve(address, 443, configuration=settings, create_protocol=Server)
    print("listens", flush=True)
    await asyncio.Future()

asyncio.run(main())
