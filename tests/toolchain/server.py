"""A web server on this machine, in the place of those with official releases."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Generator


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; a path in `broken` ends before its time."""

    files: dict[str, bytes]
    broken: set[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.path == "/v2/":
            self.send_response(401)
            self.end_headers()
            return
        body = self.server.files.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[: len(body) // 2] if self.path in self.server.broken else body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def serving(files: dict[str, bytes]) -> Generator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.files = files
    server.broken = set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
