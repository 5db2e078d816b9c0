"""One pattern for the names and labels of what a stack owns outside Pulumi's state."""

import pulumi


def physical_name(name: str) -> str:
    """`<project>-<stack>-<name>`: how a container, network or volume is called on its host.

    The name is fixed, not random, so that people and other containers can address it; whatever
    bears it must be deleted before it is replaced.
    """
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}"


def cloud_labels(component: str) -> dict[str, str]:
    """The labels of what a stack owns on Google Cloud: costs are told apart by them.

    Lower case, digits, `-` and `_` only: Google's rule for labels.
    """
    return {
        "project": pulumi.get_project(),
        "stack": pulumi.get_stack(),
        "component": component,
        "managed-by": "pulumi",
    }


def labels(component: str) -> dict[str, str]:
    """The labels that mark a Docker object as this stack's: `ops` and clean-up go by them alone."""
    return {
        "io.alphintra.project": pulumi.get_project(),
        "io.alphintra.stack": pulumi.get_stack(),
        "io.alphintra.component": component,
    }
