"""What every cluster has before any service, and what each target makes of it."""

from components.parity import Approximated, Parity, Statement, contract, reaches, tried

NAME = "baseline"
CLUSTER = "cluster"
"""The capability whose part of the contract tries this one."""
AT_THEIR_WORD = "Kubernetes takes a group at its word (`--as-group`); what it may do is enforced."


def group(setting: str, test: str) -> Statement:
    return Statement(
        setting,
        Approximated(AT_THEIR_WORD, tried(CLUSTER, test).backed_by),
        reaches(NAME, setting, "gcp"),
    )


PARITY = Parity(
    settings=(
        group("developers", "developer_rights"),
        group("operators", "operator_rights"),
        Statement(
            "developers_may",
            tried(CLUSTER, "developer_rights"),
            reaches(NAME, "developers_may", "gcp"),
        ),
    ),
    outputs=(
        contract("developer_role", CLUSTER, "developer_rights"),
        contract("operator_role", CLUSTER, "operator_rights"),
        contract("developers", CLUSTER, "developer_rights"),
        contract("operators", CLUSTER, "operator_rights"),
    ),
    guarantees=(
        contract(
            "A namespace that no stack file declares is refused",
            CLUSTER,
            "undeclared_namespace_refused",
        ),
        contract("The namespace `default` is closed", CLUSTER, "default_deny"),
        contract(
            "Pods run within the restricted Pod Security Standard", CLUSTER, "restricted_pods_only"
        ),
        contract("Important pods first (priority classes)", CLUSTER, "priority_classes"),
        contract("Developers may no more than is said", CLUSTER, "developer_rights"),
        contract("Operators keep the platform running", CLUSTER, "operator_rights"),
        Statement(
            "What stands in the cluster beside the platform's own",
            Approximated("CoreDNS and the volumes' helper, in kube-system; little else."),
            Approximated(
                "Google's own pods in kube-, gke- and gmp- namespaces: exempt from rules."
            ),
        ),
    ),
)
