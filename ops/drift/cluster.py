"""Objects in the cluster: kubectl against what Kubernetes answered when Pulumi made them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from ops.commands import Commands, OpsError
from ops.drift.difference import Difference, Repair
from ops.drift.nodes import CLUSTER
from ops.kubernetes import kubectl
from ops.pulumi_cli import Record, Resource
from ops.stack import Stack

KUBERNETES = "kubernetes:"
NOT_COMPARED = ("metadata", "status", "stringData", "id")
"""What changes by itself, and what Kubernetes itself turns into something else; of an object's
metadata, the labels and annotations that were asked for are."""


def differences(commands: Commands, _stack: Stack, state: Record) -> list[Difference]:
    objects = [one for one in state.resources if one.id and one.type.startswith(KUBERNETES)]
    clusters = [one for one in state.resources if one.id and one.type.endswith(CLUSTER)]
    if not (objects and clusters):
        return []
    kinds = sorted({kind(one) for one in objects})
    text = clusters[0].outputs["kubeconfig"]
    try:
        with kubectl(commands, text) as cluster:
            there = cluster.items(",".join(kinds), "--all-namespaces")
    except OpsError:
        return []  # which the cluster's own row shows
    found = {(one["kind"], path(one)): one for one in there}
    return [
        difference
        for one in objects
        for difference in compared(one, found.get((one.outputs["kind"], path(one.outputs))))
    ]


def kind(one: Resource) -> str:
    """As kubectl takes it: `NetworkPolicy.v1.networking.k8s.io`."""
    group, _, version = str(one.outputs["apiVersion"]).rpartition("/")
    return f"{one.outputs['kind']}.{version}.{group}"


def path(body: Mapping[str, Any]) -> str:
    """`namespace/name`."""
    return f"{body['metadata'].get('namespace', '')}/{body['metadata']['name']}"


def compared(one: Resource, there: Mapping[str, Any] | None) -> Iterator[Difference]:
    body = one.outputs
    what = f"{body['kind']} {path(body).lstrip('/')}"
    if there is None:
        yield Difference(one.urn, what, "")
        return
    asked: Mapping[str, dict[str, Any]] = one.inputs.get("metadata", {})
    facts: dict[str, tuple[Any, Any]] = {
        key: (body[key], there.get(key))
        for key in body
        if key not in NOT_COMPARED and not key.startswith("__")
    } | {
        f"metadata.{part}.{key}": (value, dict(there["metadata"].get(part) or {}).get(key))
        for part in ("labels", "annotations")
        for key, value in asked.get(part, {}).items()
    }
    changed = [key for key, (expected, found) in facts.items() if lean(expected) != lean(found)]
    if changed:
        manager = body["__fieldManager"]
        command = [*APPLY, f"--field-manager={manager}", "--filename=-"]
        yield Difference(
            one.urn,
            what,
            ", ".join(changed),
            "the stack's",
            "another",
            Repair.IN_PLACE,
            (tuple(command),),
            json.dumps(one.inputs),
        )


APPLY = ("kubectl", "apply", "--server-side", "--force-conflicts")
"""As Pulumi itself does, and in its name: but whoever changed a field by hand owns it since, and
Pulumi then refuses to take it back."""


def lean(value: Any) -> Any:
    """`value` without what says nothing: null, and what is empty."""
    match value:
        case dict():
            items = cast(dict[str, Any], value).items()
            return {key: small for key, one in items if (small := lean(one)) not in (None, {}, [])}
        case list():
            return [lean(one) for one in cast(list[Any], value)]
        case _:
            return value
