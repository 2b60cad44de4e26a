"""TLS messages byte by byte: hellos that no installed program sends any more, and alerts that none gives."""
import struct

LOGIN = "login.microsoftonline.com"

# The suites of Windows 7's Schannel with TLS 1.0 on, and those that 1.2 adds.
WINDOWS7 = bytes.fromhex("c014c013c00ac0090035002f00380032000a001300050004")
WINDOWS10 = bytes.fromhex("c02cc02bc030c02fc024c023c028c027c00ac009c014c013009d009c003d003c0035002f000a")


def record(kind, body, version=0x0301):
    return struct.pack("!BHH", kind, version, len(body)) + body


def handshake(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def extension(kind, body):
    return struct.pack("!HH", kind, len(body)) + body


def hello(version=0x0301, suites=WINDOWS7, name=LOGIN, more=b"", wrap=True):
    """A ClientHello whose random bytes are a count."""
    out = struct.pack("!H", version) + bytes(range(32)) + b"\0" + struct.pack("!H", len(suites)) + suites + b"\x01\0"
    exts = extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name.encode()) if name else b""
    exts += extension(10, bytes.fromhex("000400170018")) + extension(11, b"\x01\0") + extension(0xFF01, b"\0") + more
    out += struct.pack("!H", len(exts)) + exts
    return record(22, handshake(1, out)) if wrap else handshake(1, out)


def alert(code, level=2, version=0x0301):
    return record(21, bytes([level, code]), version)


def sslv2_hello(version=0x0301):
    """A hello of `version` in the SSLv2 format of old clients."""
    suites = bytes.fromhex("000039000035000016" "00000a0700c0000033" "00002f000005000004010080")
    body = b"\x01" + struct.pack("!HHHH", version, len(suites), 0, 16) + suites + bytes(range(16))
    return struct.pack("!H", 0x8000 | len(body)) + body
