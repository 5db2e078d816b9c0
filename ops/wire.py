"""Asking servers on a loopback port in their own protocol: no client program, no argument list."""

import socket
import ssl
import struct
import urllib.request
from io import BufferedIOBase
from urllib.error import HTTPError

from ops.commands import OpsError

TIMEOUT_SECONDS = 5
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""PostgreSQL's first message of a client that would like TLS; a server answers S or N."""


def connect(address: str) -> socket.socket:
    host, port = address.rsplit(":", 1)
    try:
        return socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS)
    except OSError as error:
        raise OpsError(f"nothing answers on {address}: {error}") from None


def secured(server: socket.socket, address: str, authority: str) -> ssl.SSLSocket:
    """`server` over TLS, once its certificate is known to be signed by `authority` (PEM) for the
    host of `address`."""
    trusting = ssl.create_default_context(cadata=authority)
    return trusting.wrap_socket(server, server_hostname=address.rsplit(":", 1)[0])


def postgres_answers(address: str, authority: str) -> str:
    """That the server at `address` speaks PostgreSQL's protocol, over TLS."""
    with connect(address) as server:
        try:
            server.sendall(SSL_REQUEST)
            answer = server.recv(1)
            if answer not in (b"S", b"N"):
                raise OpsError(f"what answers on {address} is not PostgreSQL")
            if answer == b"N":
                raise OpsError(f"PostgreSQL on {address} speaks no TLS")
            with secured(server, address, authority) as channel:
                return f"PostgreSQL answers on {address}, {channel.version()}"
        except OSError as error:
            raise OpsError(f"{address}: {error}") from None


def redis(address: str, authority: str, user: str, password: str, *command: str) -> str:
    """The reply of the Redis at `address` to one command, after signing in over TLS."""
    with connect(address) as server:
        try:
            with secured(server, address, authority) as channel, channel.makefile("rwb") as stream:
                for words in (("AUTH", user, password), command):
                    parts = [word.encode() for word in words]
                    sent = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
                    stream.write(b"*%d\r\n%s" % (len(parts), sent))
                stream.flush()
                return [_reply(stream) for _ in range(2)][1]
        except OSError as error:
            raise OpsError(f"{address}: {error}") from None


def _reply(stream: BufferedIOBase) -> str:
    """One reply: `+text`, `-error`, or `$length` and that many bytes."""
    line = stream.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:].decode(errors="replace")
    if kind == b"-":
        raise OpsError(rest)
    if kind == b"$":
        return stream.read(int(rest) + 2).decode(errors="replace").strip()
    if kind == b"+":
        return rest
    raise OpsError("what answers is not Redis")


def http_status(url: str) -> int:
    """The status with which a server on this machine answers, whatever proxy is set."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status
    except HTTPError as error:
        return error.code
    except OSError as error:
        raise OpsError(f"{url}: {error}") from None
