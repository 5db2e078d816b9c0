"""Where a target is known to behave otherwise, by decision, and why.

Such a test still runs, and must fail there: if it passes, the statement is out of date.
"""

EXPECTED: dict[str, dict[str, str]] = {
    "local": {},
    "gcp": {
        "test_database.py::test_another_services_database_refused": (
            "Cloud SQL makes every role a member of cloudsqlsuperuser, which owns the databases"
        ),
        "test_cache.py::test_own_user_only": (
            "Memorystore for Redis has one password, and no users"
        ),
    },
}
"""Target → test → reason."""
