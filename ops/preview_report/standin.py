"""Providers that carry nothing out: with them, `pulumi up` writes the state that there would be.

Pulumi takes a provider that already listens (`PULUMI_DEBUG_PROVIDERS`). This one passes all calls
on to the provider's own plugin but the one that makes a resource: that it asks as a preview does,
and makes up what only a deployment would tell. So checks, defaults, names and secrets are the
provider's, and dependencies, aliases and the state are Pulumi's.
"""

import subprocess
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2 as rpc

from ops.commands import OpsError
from ops.preview_report import computed

SERVICE = "/pulumirpc.ResourceProvider/"
LOCAL = [
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]
Declared = Mapping[str, Mapping[str, str]]
"""The type of a dynamic resource → its outputs → the names of their types."""
Call = Callable[[str, bytes], bytes]
"""Answers a method, asked with a message; both messages as they are on the wire."""


class StandIn(grpc.GenericRpcHandler):
    """A provider that makes nothing. `call` is its plugin; without one, every input is taken as it
    is."""

    def __init__(
        self, project: str, call: Call | None = None, declared: Declared | None = None
    ) -> None:
        self.project = project
        self.call = call or echo
        self.declared = declared or {}

    def service(self, handler_call_details: Any) -> Any:
        method = handler_call_details.method.removeprefix(SERVICE)

        def serve(message: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                return self.create(message) if method == "Create" else self.call(method, message)
            except grpc.RpcError as error:
                said = cast(Any, error)  # what a plugin raises is the call as well: handed on whole
                context.set_trailing_metadata(said.trailing_metadata())
                context.abort(said.code(), said.details())
                raise

        return cast(Any, grpc.unary_unary_rpc_method_handler(serve))

    def create(self, message: bytes) -> bytes:
        request = rpc.CreateRequest.FromString(message)
        qualified, name = request.urn.split("::")[-2:]
        type_ = qualified.rpartition("$")[2]
        request.preview = True
        planned = rpc.CreateResponse.FromString(self.call("Create", request.SerializeToString()))
        properties: dict[str, Any] = json_format.MessageToDict(planned.properties)
        made = computed.outputs(
            type_, name, self.project, properties, self.declared.get(type_, computed.NOTHING)
        )
        planned.id = str(made["id"])
        if "id" not in properties:
            del made["id"]
        planned.properties.Clear()
        json_format.ParseDict(made, planned.properties)
        return planned.SerializeToString()


def echo(method: str, message: bytes) -> bytes:
    """A provider without a plugin: what it is told, it takes."""
    match method:
        case "Check" | "CheckConfig":
            inputs = rpc.CheckRequest.FromString(message).news
            return rpc.CheckResponse(inputs=inputs).SerializeToString()
        case "Configure":
            return rpc.ConfigureResponse(
                acceptSecrets=True, supportsPreview=True
            ).SerializeToString()
        case "Create":
            properties = rpc.CreateRequest.FromString(message).properties
            return rpc.CreateResponse(properties=properties).SerializeToString()
        case _:
            return b""  # of any message: nothing said


def plugin_path(package: str, version: str, env: Mapping[str, str]) -> Path:
    home = Path(env.get("PULUMI_HOME") or Path.home() / ".pulumi")
    path = home / "plugins" / f"resource-{package}-v{version}" / f"pulumi-resource-{package}"
    if not path.exists():
        raise OpsError(
            f"Pulumi's plugin {package} {version} is missing ({path}). Run `make report`, which "
            f"brings it, or: pulumi plugin install resource {package} {version}"
        )
    return path


@contextmanager
def plugin(package: str, version: str, env: Mapping[str, str]) -> Generator[Call]:
    """The plugin of a provider, started."""
    with subprocess.Popen(
        [plugin_path(package, version, env)],
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}", LOCAL) as channel:
                yield partial(_call, channel)
        finally:
            process.terminate()


def _call(channel: grpc.Channel, method: str, message: bytes) -> bytes:
    return cast(Any, channel.unary_unary(SERVICE + method))(message)


@contextmanager
def serving(stand_ins: Mapping[str, StandIn]) -> Generator[str]:
    """Serve `stand_ins`, by package; what `PULUMI_DEBUG_PROVIDERS` is to be."""
    with ExitStack() as stack:
        places: list[str] = []
        for package, one in stand_ins.items():
            server = grpc.server(stack.enter_context(ThreadPoolExecutor(32)), options=LOCAL)
            server.add_generic_rpc_handlers((one,))
            port = server.add_insecure_port("127.0.0.1:0")
            server.start()
            stack.callback(server.stop, None)
            places.append(f"{package}:{port}")
        yield ",".join(places)
