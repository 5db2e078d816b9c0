"""One pattern for the names and labels of what a stack owns outside Pulumi's state."""

import re

import pulumi

DATA = "-data"
"""How the name of a data volume ends. Another name is another volume, without the data."""


def physical_name(name: str) -> str:
    """`<project>-<stack>-<name>`: how a container, network or volume is called on its host.

    The name is fixed, not random, so that people and other containers can address it; whatever
    bears it must be deleted before it is replaced.
    """
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}"


def cloud_labels(component: str) -> dict[str, str]:
    """The labels of what a stack owns on Google Cloud: costs are told apart by them.

    What else a company tells costs apart by (team, cost centre) goes into the stack's
    `gcp:defaultLabels`: the provider puts it on everything that carries labels.
    """
    environment = pulumi.Config("alphintra").get("environment") or pulumi.get_stack()
    return {
        "project": label_value(pulumi.get_project()),
        "stack": label_value(pulumi.get_stack()),
        "environment": label_value(environment),
        "component": label_value(component),
        "managed-by": "pulumi",
    }


def label_value(text: str) -> str:
    """`text` by Google's rule: lower case, digits, `-` and `_`, at most 63 characters.

    https://cloud.google.com/resource-manager/docs/labels-overview
    """
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]


def labels(component: str) -> dict[str, str]:
    """The labels that mark a Docker object as this stack's: `ops` and clean-up go by them alone."""
    return {
        "io.alphintra.project": pulumi.get_project(),
        "io.alphintra.stack": pulumi.get_stack(),
        "io.alphintra.component": component,
    }
