"""What PostgreSQL keeps of a password. Without Pulumi: the commands of `ops` ask, too."""

import re
from base64 import b64decode
from hashlib import pbkdf2_hmac, sha256
from hmac import compare_digest, digest

VERIFIER = re.compile(
    r"SCRAM-SHA-256\$(?P<iterations>\d+):(?P<salt>[^$]+)\$(?P<stored>[^:]+):(?P<server>.+)"
)


def is_verifier_of(verifier: str, password: str) -> bool:
    """Whether PostgreSQL lets `password` in by `verifier`, its `pg_authid.rolpassword`:
    `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803; RFC 5802, section 3).

    `password` is of ASCII alone, as generated ones are; others would have to be prepared first
    (RFC 4013).
    """
    found = VERIFIER.fullmatch(verifier)
    if not found:
        return False
    salt = b64decode(found["salt"])
    salted = pbkdf2_hmac("sha256", password.encode(), salt, int(found["iterations"]))
    client_key = digest(salted, b"Client Key", "sha256")
    return compare_digest(sha256(client_key).digest(), b64decode(found["stored"]))
