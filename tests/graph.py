"""The graph of resources that the program asks for, recorded under Pulumi's mocks."""

# Pulumi's mocks have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import asyncio
import gc
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import pulumi
import pytest
from pulumi import _types  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime import mocks, resource
from pulumi.runtime.proto import resource_pb2, source_pb2
from pulumi.runtime.settings import reset_options

from tests.authority import authority

Computed = Mapping[str, Callable[[str, Mapping[str, Any]], Mapping[str, Any]]]
"""Resource type → what its provider would add to the inputs, from name and inputs."""

COMPUTED: Computed = {
    "docker:index/container:Container": lambda name, _: {"name": name},
    "gcp:artifactregistry/repository:Repository": lambda name, inputs: {
        "project": "the-project",
        "name": name,
    },
    "gcp:binaryauthorization/attestor:Attestor": lambda name, _: {"name": name},
    "gcp:compute/address:Address": lambda name, _: {
        "selfLink": name,
        "address": f"address of {name}",
    },
    "gcp:compute/globalAddress:GlobalAddress": lambda name, _: {"name": name},
    "gcp:compute/network:Network": lambda name, _: {"name": name},
    "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy": lambda name, _: {"name": name},
    "gcp:compute/router:Router": lambda name, _: {"name": name},
    "gcp:compute/subnetwork:Subnetwork": lambda name, _: {"name": name},
    "gcp:container/cluster:Cluster": lambda name, _: {
        "name": name,
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {"endpoint": f"{name}.europe-west1.gke.goog"}
        },
    },
    "gcp:containeranalysis/note:Note": lambda name, _: {"name": name},
    "gcp:dns/managedZone:ManagedZone": lambda name, _: {"name": name},
    "gcp:redis/instance:Instance": lambda name, _: {
        "host": "10.0.0.3",
        "port": 6378,
        "readEndpoint": "10.0.0.4",
        "readEndpointPort": 6378,
        "authString": "redis-auth",
        "serverCaCerts": [{"cert": "old authority"}, {"cert": "new authority\n"}],
    },
    "gcp:serviceaccount/account:Account": lambda name, inputs: {
        "email": f"{inputs['accountId']}@the-project.example",
        "name": f"the account {inputs['accountId']}",
    },
    "gcp:servicenetworking/connection:Connection": lambda _name, _inputs: {"peering": "to-google"},
    "gcp:sql/databaseInstance:DatabaseInstance": lambda name, _: {
        "name": name,
        "privateIpAddress": "10.0.0.5",
        "dnsNames": [
            {"connectionType": scope[0], "dnsScope": scope[1], "name": f"{name}.{label}."}
            for label, scope in {
                "global.sql-psa.goog": ("PRIVATE_SERVICES_ACCESS", "CLUSTER"),
                "europe-west1.sql-psa.goog": ("PRIVATE_SERVICES_ACCESS", "INSTANCE"),
            }.items()
        ],
        "serverCaCerts": [{"cert": "CA of the region\n"}],
    },
    "pulumi-python:dynamic/alphintra:CertificateAuthority": lambda _name, _inputs: dict(
        zip(("certificate", "key"), authority(), strict=True)
    ),
    "pulumi-python:dynamic/alphintra:Image": lambda name, inputs: {
        "reference": inputs["official"],
        "image_id": f"sha256:{name}",
    },
    "pulumi-python:dynamic/alphintra:K3dCluster": lambda name, inputs: {
        "cluster_name": inputs["name"],
        "kubeconfig": "kind: Config",
    },
    "pulumi-python:dynamic/alphintra:Password": lambda name, _: {"value": f"secret-of-{name}"},
    "pulumi-python:dynamic/alphintra:PublishedImage": lambda name, inputs: {
        "image": f"{inputs['registry']}/{inputs['name']}@sha256:0"
    },
    "pulumi-python:dynamic/alphintra:ServerCertificate": lambda name, _: {
        "certificate": f"certificate of {name}",
        "key": f"key of {name}",
    },
}


@dataclass(frozen=True)
class Node:
    """A resource as the program registered it."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    """Secrets included, unwrapped."""
    secrets: set[str]
    """The inputs that are or hold a secret."""
    dependencies: list[str]
    provider: str
    request: resource_pb2.RegisterResourceRequest = field(repr=False)


def plain(value: Any) -> Any:
    """`value` with all secrets in it unwrapped."""
    value = mocks.rpc.unwrap_rpc_secret(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [plain(v) for v in cast(list[Any], value)]
    return value


def holds_secret(value: Any) -> bool:
    """Whether `value` is a secret or has one inside."""
    if mocks.rpc.is_rpc_secret(value):
        return True
    if isinstance(value, dict):
        return any(holds_secret(v) for v in cast(dict[str, Any], value).values())
    return isinstance(value, list) and any(holds_secret(v) for v in cast(list[Any], value))


class Graph(mocks.MockMonitor):
    """A monitor that keeps what the stock one throws away: parents, options, component outputs."""

    def __init__(self, preview: bool, standing: Collection[str]) -> None:
        super().__init__(_Providers(preview, standing))
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.result: Any = None

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self.nodes:
            raise AssertionError(f"registered twice: {urn}")
        inputs: dict[str, Any] = mocks.rpc.deserialize_properties(
            request.object, keep_unknowns=True
        )
        self.nodes[urn] = Node(
            type=request.type,
            name=request.name,
            parent=request.parent,
            inputs=plain(inputs),
            secrets={key for key, value in inputs.items() if holds_secret(value)},
            dependencies=list(request.dependencies),
            provider=request.provider,
            request=request,
        )
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Any:
        outputs: dict[str, Any] = mocks.rpc.deserialize_properties(
            request.outputs, keep_unknowns=True
        )
        self.outputs[request.urn] = outputs  # secrets stay wrapped: see `holds_secret`
        return super().RegisterResourceOutputs(request)

    def keep(self, result: Any) -> None:
        self.result = result

    def of(self, type_: str) -> list[Node]:
        """All nodes whose type ends with `type_`."""
        return [node for node in self.nodes.values() if node.type.endswith(type_)]

    def count(self, type_: str) -> int:
        return len(self.of(type_))

    def only(self, type_: str, name: str | None = None) -> Node:
        """The one node of `type_` (and `name`); anything but exactly one is an error."""
        found = [node for node in self.of(type_) if name is None or node.name == name]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} of {type_} {name or ''}:\n{self.tree()}")
        return found[0]

    def tree(self, prefix: str = "") -> str:
        """The tree of types and names, by parents; with `prefix`, only types that begin with it."""
        children: dict[str, list[tuple[str, Node]]] = {}
        for urn, node in self.nodes.items():
            children.setdefault(node.parent, []).append((urn, node))

        def show(urn: str, depth: int) -> Iterator[str]:
            for child, node in sorted(children.get(urn, []), key=lambda c: (c[1].type, c[1].name)):
                wanted = node.type.startswith(prefix) and node.type != "pulumi:pulumi:Stack"
                if wanted:
                    yield f"{'  ' * depth}{node.type}  {node.name}\n"
                yield from show(child, depth + wanted)

        return "".join(show("", 0))


OWN_STATE = "pulumi:pulumi:readStackResourceOutputs"
"""Answered by the engine, from the stack's state; a stack under mocks has none yet."""


class _Providers(mocks.Mocks):
    """Stands for the provider plugins: in a preview it knows the inputs and nothing else, but of
    types in `standing`."""

    def __init__(self, preview: bool, standing: Collection[str]) -> None:
        self.preview = preview
        self.standing = standing

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return "", dict(args.inputs)
        if self.preview and args.typ not in self.standing:
            return "", {k: v for k, v in args.inputs.items() if v is not None}
        computed = COMPUTED.get(args.typ, lambda _name, _inputs: {})
        return f"{args.name}-id", {**args.inputs, **computed(args.name, args.inputs)}

    def call(self, args: mocks.MockCallArgs) -> Any:
        if args.token == OWN_STATE:
            return {"outputs": {}}
        raise AssertionError(f"the program called {args.token}: a preview must not look things up")


def record(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    standing: Collection[str] = (),
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
) -> Graph:
    """Run `program` under fresh mocks and a fresh event loop, and wait for all that it began.

    What `program` returns (outputs at any depth) is resolved into `graph.result`; with `preview`,
    provider-computed values stay unknown and are None there, except those of resources whose type
    is in `standing`: they were made before.
    """
    with _cheap():
        return _record(program, preview, standing, stack, dict(config or {}))


@contextmanager
def _cheap() -> Generator[None]:
    """Without what makes a graph twice as dear and changes nothing in it: the places in the source
    that Pulumi notes for each resource, names of properties looked up anew, garbage collection."""
    patch = pytest.MonkeyPatch()
    patch.setattr(resource, "_get_stack_trace", source_pb2.StackTrace)
    patch.setattr(_types, "input_type_py_to_pulumi_names", _names)
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        patch.undo()


_names = cache(_types.input_type_py_to_pulumi_names)


def _record(
    program: Callable[[], Any],
    preview: bool,
    standing: Collection[str],
    stack: str,
    config: dict[str, str],
) -> Graph:
    reset_options()
    asyncio.set_event_loop(asyncio.new_event_loop())
    graph = Graph(preview, standing)
    pulumi.runtime.set_mocks(
        graph.mocks, project="alphintra", stack=stack, preview=preview, monitor=graph
    )
    pulumi.runtime.set_all_config(config, [])

    @pulumi.runtime.test
    def run() -> Any:
        return pulumi.Output.from_input(program()).apply(graph.keep)

    run()
    return graph
