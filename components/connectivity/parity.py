"""What the connectivity check promises, and what each target makes of it."""

from components.parity import Approximated, Parity, Same, Statement

TESTS = "tests/components/test_connectivity.py"
E2E = "tests/e2e/test_platform.py"

PARITY = Parity(
    settings=(),
    outputs=(),
    guarantees=(
        Statement(
            "`up` succeeds only if database, cache, registry and DNS can be used from inside",
            Same(f"{E2E}::test_up_fails_with_the_checks_own_words"),
            Same(f"{TESTS}::test_the_script_reads_what_the_service_is_given"),
        ),
        Statement(
            "It is a service like any other, with its settings and no more",
            Same(f"{E2E}::test_the_check_inside_the_cluster_succeeded"),
            Same(f"{TESTS}::test_the_job_is_a_workload_of_its_service"),
        ),
        Statement(
            "Its image runs",
            Same(f"{E2E}::test_the_checks_image_was_pulled_from_the_platforms_registry"),
            Approximated(
                "Unsigned, by digest, as the one exception of the images' policy.",
                "tests/components/test_cluster.py::"
                "test_the_image_that_up_pushes_itself_is_the_one_that_may_run_unsigned",
            ),
        ),
    ),
)
