"""What every cluster has before any service, and what each target makes of it."""

from components.parity import Approximated, Parity, Same, Statement, reaches

NAME = "baseline"
TESTS = "tests/components/test_baseline.py"
CONTRACT = "tests/contract/test_cluster.py"
SAME_OBJECTS = Same("tests/stacks/test_contract_graph.py")
AT_THEIR_WORD = "Kubernetes takes a group at its word (`--as-group`); what it may do is enforced."


def group(name: str) -> Statement:
    return Statement(
        name,
        Approximated(AT_THEIR_WORD, reaches(NAME, name, "local").backed_by),
        reaches(NAME, name, "gcp"),
    )


PARITY = Parity(
    settings=(
        group("developers"),
        group("operators"),
        Statement(
            "developers_may",
            Same(f"{CONTRACT}::test_developer_rights"),
            reaches(NAME, "developers_may", "gcp"),
        ),
    ),
    outputs=(
        Statement("developer_role", Same(f"{CONTRACT}::test_developer_rights"), SAME_OBJECTS),
        Statement("operator_role", Same(f"{CONTRACT}::test_operator_rights"), SAME_OBJECTS),
        Statement("developers", Same(f"{CONTRACT}::test_developer_rights"), SAME_OBJECTS),
        Statement("operators", Same(f"{CONTRACT}::test_operator_rights"), SAME_OBJECTS),
    ),
    guarantees=(
        Statement(
            "A namespace that no stack file declares is refused",
            Same(f"{CONTRACT}::test_undeclared_namespace_refused"),
            SAME_OBJECTS,
        ),
        Statement(
            "The namespace `default` is closed",
            Same(f"{CONTRACT}::test_default_deny"),
            SAME_OBJECTS,
        ),
        Statement(
            "Important pods first (priority classes)",
            Same(f"{CONTRACT}::test_priority_classes"),
            SAME_OBJECTS,
        ),
        Statement(
            "Who keeps the platform running may, and who writes services may not",
            Same(f"{CONTRACT}::test_operator_rights"),
            SAME_OBJECTS,
        ),
        Statement(
            "What stands in the cluster beside the platform's own",
            Approximated("CoreDNS and the volumes' helper, in kube-system; little else."),
            Approximated(
                "Google's own pods in kube-, gke- and gmp- namespaces: exempt from rules."
            ),
        ),
    ),
)
