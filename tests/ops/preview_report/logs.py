"""Event logs as Pulumi writes them, made up for a test."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ops.preview_report import model
from ops.preview_report.mask import Masker
from ops.preview_report.view import ReportView
from ops.preview_report.viewer import Compared, Viewer

PLATFORM = "alphintra:index:Platform"


def urn(type_: str, name: str, component: str = "Database") -> str:
    place = "" if type_ == PLATFORM else f"{PLATFORM}$alphintra:index:{component}$"
    return f"urn:pulumi:prod::alphintra::{place}{type_}::{name}"


def component_urn(component: str) -> str:
    kind = f"{PLATFORM}$alphintra:index:{component}"
    return f"urn:pulumi:prod::alphintra::{kind}::{component.lower()}"


def side(
    type_: str, name: str, inputs: Mapping[str, Any], component: str = "Database", **more: Any
) -> dict[str, Any]:
    return {
        "type": type_,
        "urn": urn(type_, name, component),
        "parent": component_urn(component),
        "inputs": dict(inputs),
        "outputs": {},
        **more,
    }


def step(
    op: str,
    type_: str,
    name: str,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    *,
    component: str = "Database",
    keys: Sequence[str] = (),
    differs: Mapping[str, str] | None = None,
    old_more: Mapping[str, Any] | None = None,
    new_more: Mapping[str, Any] | None = None,
) -> str:
    """A line for a step; `old` and `new` are inputs."""
    before = None if old is None else side(type_, name, old, component, **(old_more or {}))
    after = None if new is None else side(type_, name, new, component, **(new_more or {}))
    metadata = {
        "op": op,
        "urn": urn(type_, name, component),
        "type": type_,
        "old": before,
        "new": after,
        "keys": list(keys),
        "detailedDiff": {path: {"diffKind": kind} for path, kind in (differs or {}).items()},
    }
    return json.dumps({"sequence": 1, "resourcePreEvent": {"metadata": metadata, "planning": True}})


def diagnostic(message: str, severity: str = "error", urn: str = "") -> str:
    return json.dumps({"diagnosticEvent": {"severity": severity, "message": message, "urn": urn}})


def policy(rule: str, level: str = "mandatory", urn: str = "", message: str = "no") -> str:
    event = {"policyName": rule, "enforcementLevel": level, "resourceUrn": urn, "message": message}
    return json.dumps({"policyEvent": event})


END = json.dumps({"summaryEvent": {"result": "succeeded"}})


def preview(*lines: str) -> model.Preview:
    return model.read([*lines, END])


def report(*lines: str, masker: Masker | None = None, target: str = "gcp") -> ReportView:
    """The report on a change of one stack, `prod`."""
    compared = Compared("prod", target, preview(*lines))
    return ReportView(
        "main (abc)", "work (def)", False, (Viewer(masker or Masker()).stack(compared),)
    )
