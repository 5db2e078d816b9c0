"""The gate before the registry's storage: HAProxy's configuration, which may keep tags in place.

The words of a refusal are Artifact Registry's, which tools look for:
https://cloud.google.com/artifact-registry/docs/docker/troubleshoot#push
"""

import json

from components.proxy import DEFAULTS, GLOBAL

PORT = 5000
LUA_FILE = "/usr/local/etc/haproxy/gate.lua"
MANIFEST_KB = 64
"""The largest manifest that can be compared with the one that is there; usual ones have 1 to 10."""

HTTP = """\
  mode http
  timeout http-request 30s
  timeout client 5m
  # At the end of an upload the storage reads the whole layer once more before it answers.
  timeout server 15m
"""

FRONTEND = f"""
frontend gate
  bind :{PORT}
  # Paths without what an upload's have appended.
  log-format "%ci %HM %HPO %ST %Ta ms"
  # The container's own health check.
  http-request set-log-level silent if {{ src 127.0.0.1 }}
  default_backend storage
"""


def refuse(status: int, code: str, message: str, condition: str) -> str:
    """A rule that answers with an error as the registry's protocol has them."""
    body = json.dumps({"errors": [{"code": code, "message": message}]})
    return (
        f"  http-request return status {status} content-type application/json"
        f" lf-string '{body}' if {condition}\n"
    )


IMMUTABLE = "The repository has enabled tag immutability"
WRITES = (
    # Other spellings of a path, such as %6d for m, the storage would understand: so what may be
    # written is named, and nothing else is let through.
    """\
  acl tag path_reg ^/v2/[a-z0-9._/-]+/manifests/[A-Za-z0-9_][A-Za-z0-9._-]*$
  acl digest path_reg ^/v2/[a-z0-9._/-]+/manifests/sha(256|512):[a-f0-9]+$
  acl upload path_reg ^/v2/[a-z0-9._/-]+/blobs/uploads/[A-Za-z0-9_=-]+$
"""
    + refuse(400, "NAME_INVALID", "nothing can be put here", "METH_PUT !tag !digest !upload")
    + refuse(400, "DENIED", f"cannot delete. {IMMUTABLE}", "METH_DELETE !upload")
    + "  use_backend manifests if METH_PUT tag\n"
)


def check(storage: str) -> str:
    """Passes on what is pushed to a tag that is free, or that names the very same already."""
    return (
        f"""
# One at a time: of two that push the same new tag, the second is to find it taken.
backend manifests
  timeout queue 1m
  http-request wait-for-body time 30s
  server check abns@check maxconn 1

frontend check
  no log
  bind abns@check
  http-request wait-for-body time 30s
  http-request lua.look_up_tag {storage}
  http-request set-var(txn.name) path,field(-1,/)
"""
        + refuse(
            400,
            "MANIFEST_INVALID",
            f"cannot update tag %[var(txn.name)]. {IMMUTABLE}: push under another tag",
            "{ var(txn.tag) -m str taken }",
        )
        + refuse(
            503,
            "UNAVAILABLE",
            "the storage does not answer",
            "!{ var(txn.tag) -m str free same }",
        )
        + "  default_backend storage\n"
    )


def passing_all(storage: str) -> str:
    """The configuration that passes everything on to `storage`, an `address:port`."""
    return GLOBAL + DEFAULTS + HTTP + FRONTEND + backend(storage)


def keeping_tags(storage: str) -> str:
    """The same but for what would move or delete a tag: that is refused."""
    lua = f"  tune.bufsize {MANIFEST_KB * 1024}\n  lua-load {LUA_FILE}\n"
    rules = FRONTEND + WRITES + check(storage)
    return GLOBAL + lua + DEFAULTS + HTTP + rules + backend(storage)


def backend(storage: str) -> str:
    return f"\nbackend storage\n  server storage {storage}\n"
