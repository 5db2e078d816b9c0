"""A certificate authority for tests, made once: builds that are compared see the same."""

from functools import cache

from components.certificates import make_authority


@cache
def authority() -> tuple[str, str]:
    """Its certificate and key (PEM)."""
    return make_authority("an authority for tests")
