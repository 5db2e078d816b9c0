"""Whether PostgreSQL lets a password in, by what it keeps of one."""

import pytest

from components.scram import is_verifier_of
from tests.scram import ANOTHERS_VERIFIER, PASSWORD, VERIFIER


def test_a_password_is_known_by_its_verifier():
    assert is_verifier_of(VERIFIER, PASSWORD)
    assert is_verifier_of(ANOTHERS_VERIFIER, "another")


@pytest.mark.parametrize("verifier", [ANOTHERS_VERIFIER, "", "md5c0ffee", PASSWORD])
def test_any_other_is_not(verifier: str):
    assert not is_verifier_of(verifier, PASSWORD)
