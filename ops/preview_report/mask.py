"""Keeps secrets out of a report: by what a property is called, by Pulumi's marks, and by looks.

It fails closed: what looks like a secret is replaced, and so is what can't be judged.
"""

import base64
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, cast

from ops.preview_report.model import SECRET, UNKNOWN

MASKED = "[masked]"
"""Stands for what only looks like a secret; what Pulumi marks as one stays `[secret]`."""
SHORTEST = 4
"""Known secrets below this many characters are not looked for: they would mask half the words."""

SECRET_WORDS = frozenset(
    {"password", "passwords", "passwd", "passphrase", "pwd", "secret", "secrets", "token"}
    | {"tokens", "credential", "credentials", "kubeconfig", "apikey", "authstring", "privatekey"}
)
SECRET_PAIRS = frozenset(
    {("private", "key"), ("api", "key"), ("access", "key"), ("auth", "string"), ("auth", "key")}
)
HARMLESS_LAST = frozenset(
    {"id", "name", "names", "policy", "version", "enabled", "days", "path", "file", "type", "size"}
    | {"length", "ttl", "period", "mode", "labels", "plugin", "manager", "limit", "count", "uri"}
    | {"expiration", "rotation", "creator", "accessor"}
)
"""Of such a name, the last word that says that it is about a secret and holds none."""
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")

PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        r"\beyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)*",  # a JSON web token
        r"\bAIza[\w-]{20,}",  # Google API keys
        r"\bya29\.[\w.-]+",  # Google access tokens
        r"\b(?:gh[pousr]|github_pat)_\w{16,}",
        r"\bglpat-[\w-]{16,}",
        r"\bxox[a-z]-[\w-]{8,}",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}",
        r"\b(?:sk|rk|pk)[-_](?:live|test|proj)?[-_]?[\w-]{16,}",
        r"\bpul-[0-9a-f]{16,}",
        r"\bv\d:[\w+/=]{8,}:[\w+/=]{8,}",  # what Pulumi encrypts
        r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}",
        r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)",  # user and password in an address
    )
)
ASSIGNED = re.compile(r"""(?P<name>[\w.-]+)(?P<sign>["']?\s*[=:]\s*["']?)(?P<value>[^\s"',;}]+)""")
"""A name and its value in a text: `PGPASSWORD=…`, `"token": "…"`."""

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DIGEST = re.compile(r"(\bsha256:[0-9a-f]{64}\b)")
RUN = re.compile(r"[A-Za-z0-9+/=_~.-]{16,}")
MIXED = re.compile(r"[A-Za-z0-9+/=_-]{16,}")
PIECE = re.compile(r"[A-Za-z0-9]+")
FIELD_WORDS = re.compile(
    r"K8s|k8s|k3[ds]|K3d|L[47]|IPv[46]|OAuth2"
    r"|\b[a-z]{3,}\d{1,2}\b"  # west1
    r"|(?<=-)[0-9a-f]{7}\b"  # what Pulumi ends a name with
)
"""Words of the field that mix letters and digits."""
CLASSES = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))


def words(name: str) -> list[str]:
    return [word.lower() for word in WORDS.findall(name)]


def secret_name(name: str) -> bool:
    """Whether a property of this name holds a secret."""
    parts = words(name)
    if not parts or parts[-1] in HARMLESS_LAST:
        return False
    pairs = set(pairwise(parts))
    return bool(SECRET_WORDS & set(parts) or SECRET_PAIRS & pairs)


def random_looking(run: str) -> bool:
    """Whether `run`, without a space, is more like a generated key than like words.

    Words are long stretches of one kind of letter; a key changes between small letters, capitals
    and digits all the time. A key of small letters alone can't be told from a word.
    """
    if UUID.search(run):
        return True
    plain = FIELD_WORDS.sub("", run)
    pieces = PIECE.findall(plain)
    if any(_generated(piece) for piece in pieces):
        return True
    broken = [piece for piece in pieces if len(piece) >= 3 and _broken(piece, 3)]
    if sum(len(piece) for piece in broken if not piece.isdigit()) >= 9:
        return True
    return any(
        all(kind.search(part) for kind in CLASSES) and _broken(part, 3.3)
        for part in MIXED.findall(plain)
    )


def _generated(piece: str) -> bool:
    if len(piece) >= 20:
        mixed = any(c.isdigit() for c in piece) and any(c.isalpha() for c in piece)
        return mixed or piece.isdigit() or _broken(piece, 4)
    return len(piece) >= 10 and _broken(piece, 3)


def _broken(text: str, length: float) -> bool:
    """Whether its words and numbers are shorter than `length` on average."""
    return len(WORDS.findall(text)) * length > len(text)


class Masker:
    """What every text of a report goes through on its way out."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """`known` are values that are known to be secret, whatever they look like."""
        forms = {form for value in known if len(value) >= SHORTEST for form in _forms(value)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def text(self, text: str) -> str:
        """`text` with all in it replaced that is or looks like a secret."""
        if text in ("", UNKNOWN, SECRET, MASKED):
            return text
        if self._known:
            text = self._known.sub(MASKED, text)
        for pattern in PATTERNS:
            text = pattern.sub(MASKED, text)
        text = ASSIGNED.sub(_assigned, text)
        parts = DIGEST.split(text)  # every other one is a digest, which is no secret
        parts[::2] = (
            RUN.sub(lambda run: MASKED if random_looking(run[0]) else run[0], part)
            for part in parts[::2]
        )
        return "".join(parts)

    def value(self, value: Any, name: str = "", type_: str = "") -> Any:
        """`value` of the property at the path `name`, with secrets replaced at any depth."""
        if isinstance(value, str):
            if value in ("", UNKNOWN, SECRET):
                return value
            return MASKED if _secret_path(name, type_) else self.text(value)
        if isinstance(value, Mapping):
            return self._object(cast(Mapping[str, Any], value), name, type_)
        if isinstance(value, list | tuple):
            return [self.value(one, name, type_) for one in cast(Iterable[Any], value)]
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            if _secret_path(name, type_):
                return MASKED
            return value if self.text(str(value)) == str(value) else MASKED
        return MASKED

    def _object(self, value: Mapping[str, Any], name: str, type_: str) -> dict[str, Any]:
        called = str(value.get("name", ""))
        pair = secret_name(called) and "value" in value
        return {
            self.text(str(key)): MASKED
            if pair and key == "value"
            else self.value(one, f"{name}.{key}" if name else str(key), type_)
            for key, one in value.items()
        }

    def holds_known(self, text: str) -> bool:
        """Whether a known secret stands in `text` after all."""
        return bool(self._known and self._known.search(text))


def _secret_path(path: str, type_: str) -> bool:
    """Whether what stands at `path` of a resource of `type_` is secret by what it is called."""
    parts = [part for part in re.split(r"[.\[\]]", path) if part]
    if type_ == "kubernetes:core/v1:Secret" and parts[:1] in (["data"], ["stringData"]):
        return True
    named = [part for part in parts if not part.isdigit()]
    if named and words(named[-1])[-1:] and words(named[-1])[-1] in HARMLESS_LAST:
        return False
    return any(secret_name(part) for part in named)


def _assigned(found: re.Match[str]) -> str:
    if not secret_name(found["name"]) or found["value"] in (SECRET, MASKED, UNKNOWN):
        return found[0]
    return f"{found['name']}{found['sign']}{MASKED}"


def _forms(value: str) -> Iterable[str]:
    """How a secret may be written: as it is, quoted in JSON or in an address, in base64."""
    yield value
    yield value.encode("unicode_escape").decode()
    yield urllib.parse.quote(value, safe="")
    yield base64.b64encode(value.encode()).decode().rstrip("=")
