"""What a stack may be called: its name is a part of the names of what it owns."""

import re

LONGEST = 14
"""k3d refuses a cluster's name beyond 32 characters (DefaultClusterNameMaxLength in its
pkg/types/defaults.go), and that is `alphintra-<stack>-cluster`. The names of Google service
accounts, of up to 30 characters, have room for as many."""
STACK_NAME = re.compile(rf"[a-z]([a-z0-9-]{{0,{LONGEST - 2}}}[a-z0-9])?")
ALLOWED = f"up to {LONGEST} lower-case letters, digits and hyphens, first a letter, last no hyphen"


def fits(name: str) -> bool:
    """Whether Docker, k3d, Kubernetes and Google Cloud take what is named after a stack `name`."""
    return STACK_NAME.fullmatch(name) is not None
