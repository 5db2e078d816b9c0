"""Which component and which setting the provider's complaint is about."""

import json
from pathlib import Path

from ops import explain
from ops.stack import Stack

PROD = Stack("prod", "gcp", folder=Path("/nowhere"))
URN = "urn:pulumi:prod::alphintra::alphintra:index:Platform$alphintra:index:Network$"
SUBNET = "gcp:compute/subnetwork:Subnetwork"


def diagnostic(urn: str, message: str, severity: str = "error") -> str:
    return json.dumps({"diagnosticEvent": {"urn": urn, "message": message, "severity": severity}})


def test_the_component_and_the_setting_are_named():
    problem = f"{SUBNET} resource 'a' has a problem: no CIDR. Examine values at 'a.ipCidrRange'."
    events = "\n".join(
        [
            json.dumps({"preludeEvent": {}}),
            diagnostic(f"{URN}{SUBNET}::a", problem),
            diagnostic(f"{URN}{SUBNET}::b", "no such network"),
            diagnostic(f"{URN}{SUBNET}::c", problem, severity="warning"),
            diagnostic("urn:pulumi:prod::alphintra::pulumi:pulumi:Stack::s", "preview failed"),
        ]
    )
    assert list(explain.origins(events, PROD)) == [
        "Network, a: Pulumi.prod.yaml: alphintra:network.cidr",
        "Network, b: the program's own",
    ]
