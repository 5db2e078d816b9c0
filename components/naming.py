"""One pattern for the names and labels of what a stack owns outside Pulumi's state."""

import pulumi


def physical_name(name: str) -> str:
    """`<project>-<stack>-<name>`: how a container, network or volume is called on its host.

    The name is fixed, not random, so that people and other containers can address it; whatever
    bears it must be deleted before it is replaced.
    """
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}"


def labels(component: str) -> dict[str, str]:
    """The labels that mark a Docker object as this stack's: `ops` and clean-up go by them alone."""
    return {
        "io.alphintra.project": pulumi.get_project(),
        "io.alphintra.stack": pulumi.get_stack(),
        "io.alphintra.component": component,
    }
