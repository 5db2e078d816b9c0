"""What a stack may be called: its name is a part of the names of what it owns."""

import re

LONGEST = 11
"""A Google service account's name has up to 30 characters
(https://cloud.google.com/iam/docs/service-accounts-create), and one is
`<stack>-connectivity-check`. k3d takes less of a cluster's name than of most, 32
(DefaultClusterNameMaxLength in its pkg/types/defaults.go): `alphintra-<stack>-cluster`."""
STACK_NAME = re.compile(rf"[a-z]([a-z0-9-]{{0,{LONGEST - 2}}}[a-z0-9])?")
ALLOWED = f"up to {LONGEST} lower-case letters, digits and hyphens, first a letter, last no hyphen"


def fits(name: str) -> bool:
    """Whether Docker, k3d, Kubernetes and Google Cloud take what is named after a stack `name`."""
    return STACK_NAME.fullmatch(name) is not None
