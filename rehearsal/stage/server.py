"""The proxy that the provider's traffic goes through, and the cloud behind it.

Every connection that a client asks for ends here: one to a host of Google's APIs is answered by the
played cloud, one to the cluster's endpoint is passed on to the cluster that plays it, and any other
is refused and reported.
"""

import json
import re
import socket
import ssl
import threading
import time
import traceback
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

from rehearsal.cloud.control import handle, routed, undocumented
from rehearsal.cloud.documents import Json
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud
from rehearsal.stage.log import CallLog, Entry

GOOGLE = re.compile(r"([\w-]+\.)*googleapis\.com")
CLUSTER = re.compile(r"[\w-]+\.[\w-]+\.gke\.goog")
WORDS = 200
"""How much of an error the log has."""


class Fault(Protocol):
    """What goes wrong on the way."""

    def before(self, call: Call) -> None:
        """A call is about to be answered; this may refuse it."""
        ...

    def after(self, cloud: Cloud, call: Call) -> bool:
        """It has been done; whether the connection is cut before the answer is sent."""
        ...


class Server(ThreadingHTTPServer):
    """Listens on the loopback interface of where it is made."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, cloud: Cloud, log: CallLog, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cloud, self.log = cloud, log
        self.refused_hosts: set[str] = set()
        """Whom somebody wanted to reach, and could not."""
        self.cluster: Callable[[ssl.SSLSocket], None] | None = None
        """Serves a connection to the cluster's endpoint."""
        self.fault: Fault | None = None
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)

    def play(self, call: Call) -> tuple[Json, bool]:
        """The answer to a call, and whether the client is not to have it."""
        known = undocumented(call)
        if known is not None:
            return known, False
        routed(self.cloud, call)
        if self.fault is None:
            return handle(self.cloud, call), False
        self.fault.before(call)
        answer = handle(self.cloud, call)
        return answer, self.fault.after(self.cloud, call)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]
    host = ""
    """What the client asked the proxy for."""

    def do_CONNECT(self) -> None:
        self.host = self.path.rsplit(":", 1)[0]
        serves = self.server.cluster if CLUSTER.fullmatch(self.host) else None
        if not serves and not GOOGLE.fullmatch(self.host):
            self.server.refused_hosts.add(self.host)
            self.send_error(403, f"the rehearsal lets nothing out to {self.host}")
            return
        self.send_response(200)
        self.end_headers()
        connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        if serves:
            self.close_connection = True
            serves(connection)
            return
        self.close_connection = False  # whatever the version that asked for it
        self.connection = connection
        self.rfile, self.wfile = connection.makefile("rb"), connection.makefile("wb")

    def answer(self) -> None:
        started = time.monotonic()
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        call = Call(
            self.host,
            self.command,
            re.sub(r"/+", "/", url.path).strip("/"),
            {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()},
        )
        status, answer, cut = 200, {}, False
        with self.server.cloud.lock:
            try:
                call.body = json.loads(raw) if raw.strip() else {}
                answer, cut = self.server.play(call)
            except Refused as refused:
                status, answer = refused.code, refused.body()
            except Exception:
                # A fault of the rehearsal's own: said as loudly as it can be.
                status, answer = 500, {"error": {"code": 500, "message": traceback.format_exc()}}
            data = json.dumps(answer).encode()
        self.record(call, status, answer, time.monotonic() - started)
        if cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def record(self, call: Call, status: int, answer: Any, seconds: float) -> None:
        method = getattr(call, "method", None)
        error = answer.get("error", {}).get("message") if status >= 400 else None
        entry = Entry(
            step=self.server.log.step,
            api=method.api if method else "",
            id=method.id if method else "",
            method=call.http,
            host=call.host,
            path=call.path,
            project=self.server.cloud.project,
            resource=call.resource,
            status=status,
            error=error and (error[-WORDS:] if status == 500 else error[:WORDS]),
            operation=call.operation or None,
            ms=round(seconds * 1000, 1),
        )
        self.server.log.write(entry, call.body, answer)

    def log_message(self, format: str, *args: Any) -> None:
        del format, args
