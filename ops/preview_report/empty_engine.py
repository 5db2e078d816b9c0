"""A Docker Engine that runs nothing and has every image.

A preview of a local stack asks Docker which networks there are and whether an image is present.
What the machine happens to run must not show in a report, and where a report is made there may be
no Docker at all.
"""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

API = "1.44"
IMAGE_ID = "sha256:" + 64 * "0"
"""The id of every image, here and in `computed.toml`."""
VERSION = {"ApiVersion": API, "MinAPIVersion": "1.24", "Version": "25.0.0", "Os": "linux"}


def answer(path: str) -> tuple[int, Any]:
    """The status and the body for what is asked at `path`, its version taken off."""
    match path.split("?")[0].strip("/").split("/"):
        case ["_ping"]:
            return 200, "OK"
        case ["version"]:
            return 200, VERSION
        case ["info"]:
            return 200, {"ServerVersion": "25.0.0", "OSType": "linux", "Architecture": "x86_64"}
        case ["networks"] | ["containers", "json"] | ["images", "json"]:
            return 200, []
        case ["volumes"]:
            return 200, {"Volumes": [], "Warnings": []}
        case ["images", *_, "json"]:
            return 200, {"Id": IMAGE_ID, "RepoTags": [], "Os": "linux", "Architecture": "amd64"}
        case _:
            return 404, {"message": "this Docker Engine is for previews: it has nothing"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path
        if path.startswith("/v1."):
            path = "/" + path.split("/", 2)[2]
        status, body = answer(path)
        text = body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if text is body else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Api-Version", API)
        self.send_header("Ostype", "linux")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.close_connection = True  # its body is not read
        self.send_error(403, "this Docker Engine is for previews: it makes nothing")

    do_PUT = do_DELETE = do_POST

    def address_string(self) -> str:
        return "a Unix socket"

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@contextmanager
def engine(folder: Path) -> Generator[str]:
    """Serve on a socket in `folder`; what `DOCKER_HOST` is to be."""
    socket = folder / "docker.sock"
    with ThreadingUnixStreamServer(str(socket), _Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"unix://{socket}"
        finally:
            server.shutdown()
