"""What a registry promises, and what each target makes of it."""

from components.parity import (
    Approximated,
    Lacking,
    Parity,
    Same,
    Statement,
    contract,
    on_cloud,
    on_machine,
    reaches,
    rule,
    tried,
)

NAME = "registry"
TESTS = "tests/components/test_registry.py"
NO_IAM = Lacking("No accounts here: whoever reaches the port may pull and push.")

PARITY = Parity(
    settings=(
        Statement(
            "immutable_tags",
            tried(NAME, "tag_is_immutable"),
            reaches(NAME, "immutable_tags", "gcp"),
        ),
        on_machine(
            NAME,
            "host_port",
            Lacking("Push to `registry_address`, signed in to Artifact Registry."),
        ),
        on_cloud(NAME, "deletion_protection", Lacking("`make down` deletes all images with it.")),
    ),
    outputs=(
        Statement(
            "address",
            tried(NAME, "cluster_pulls_by_digest"),
            Same(f"{TESTS}::test_the_address_is_known_only_once_the_grants_are_given"),
        ),
        Statement(
            "host",
            tried(NAME, "cluster_pulls_by_digest"),
            Same(
                f"{TESTS}::test_on_gcp_images_are_pushed_to_the_own_repository_and_pulled_from_it"
            ),
        ),
        Statement(
            "mirror",
            tried(NAME, "cluster_pulls_by_digest"),
            Same(
                f"{TESTS}::test_on_gcp_images_are_pushed_to_the_own_repository_and_pulled_from_it"
            ),
        ),
        Statement(
            "image_platform",
            Lacking("Images are built for this machine; on Google Cloud nodes are linux/amd64."),
            Same(
                f"{TESTS}::test_on_gcp_images_are_pushed_to_the_own_repository_and_pulled_from_it"
            ),
        ),
        *(
            Statement(
                where,
                Same(f"{TESTS}::test_locally_nodes_and_pods_find_the_gate_at_its_fixed_address"),
                Same(
                    "tests/components/test_network_firewall.py::test_what_the_platform_needs_passes"
                ),
            )
            for where in ("cidr", "port")
        ),
    ),
    guarantees=(
        contract(
            "Push, and pull by digest", NAME, "push_and_pull_by_digest", rows="`address` known once"
        ),
        contract(
            "A tag that is there is never moved or deleted",
            NAME,
            "tag_is_immutable",
            rows="immutable tags",
        ),
        Statement(
            "TLS",
            Lacking("Plain HTTP: Docker takes it for `localhost`, the nodes by their mirror."),
            Approximated("Google's own, with a public certificate; no test of ours sees it."),
        ),
        Statement(
            "Who may pull and who may push (IAM)",
            NO_IAM,
            Same(
                f"{TESTS}::test_each_account_has_its_role_on_one_repository_and_nobody_else_has_any"
            ),
            rows="readers and writers | nodes may only read | CI may write | nobody anonymous",
        ),
        Statement(
            "Images are scanned for vulnerabilities",
            Lacking("Nothing is scanned: an image with a known hole runs here without a word."),
            rule("registry-scanned"),
            rows="own images scanned | copies of public images scanned",
        ),
        Statement(
            "Old images are deleted, releases and the latest ten kept",
            Lacking("Images stay until `make down`: one that a test needs is never cleaned away."),
            rule("registry-cleaned-up"),
            rows="releases (`v1.2.3`) kept | the latest 10 | untagged images | copies deleted | "
            "policies in force",
        ),
        Statement(
            "Public images through a copy of one's own",
            Lacking("Docker pulls public images itself, where it can reach Docker Hub."),
            Same(f"{TESTS}::test_public_images_come_from_docker_hub_without_an_account"),
            rows="public images by a pull-through",
        ),
        Statement(
            "One name for own and public images, own ones first",
            Lacking("There is only the one registry: a name can't be taken by somebody else's."),
            Same(f"{TESTS}::test_an_own_image_wins_over_a_public_one_of_its_name"),
            rows="one name for own | own images before public",
        ),
        Statement(
            "Encryption at rest, with a key of the project's own",
            Lacking("A Docker volume is plain files."),
            Same(f"{TESTS}::test_all_are_encrypted_with_the_registrys_own_key_and_labelled"),
            rows="a key of our own",
        ),
        Statement(
            "Deletion protection",
            Lacking("`make down` asks once, then all images are gone."),
            rule("registry-deletion-protected"),
            rows="the provider refuses | Pulumi refuses",
        ),
        Statement(
            "Images outlive the loss of a zone",
            Lacking("One container with one volume on one disk."),
            Approximated(
                "A regional repository: Google keeps it in several zones, we only say so."
            ),
            rows="in the cluster's region",
        ),
        Statement(
            "Labels and descriptions",
            Approximated("Docker's labels: project, stack and component."),
            Same(f"{TESTS}::test_all_are_encrypted_with_the_registrys_own_key_and_labelled"),
            rows="description | labels for cost",
        ),
        Statement(
            "Limits and speed of pulls",
            Lacking("No limit on requests, and no distance: the time of a pull says nothing."),
            Approximated("Google's limits for the project, and image streaming on the nodes."),
        ),
    ),
)
