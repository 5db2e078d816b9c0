"""A gcloud that plays a project: as a function, and as a program for PATH that keeps its world in
a file.

A world is `commands` (each argument list that it was given), `things` (lines that exist, by the
command that lists them), `fail` (the beginning of a command → how often it still fails, and with
what words).
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

World = dict[str, Any]

MADE_BY = {
    "services enable": ("services list", "{0}"),
    "kms keyrings create": (
        "kms keyrings list",
        "projects/{project}/locations/{location}/keyRings/{0}",
    ),
    "kms keys create": (
        "kms keys list",
        "projects/{project}/locations/{location}/keyRings/{keyring}/cryptoKeys/{0}",
    ),
    "storage buckets create": ("storage buckets list", "{0}"),
    "storage buckets update": (
        "storage buckets describe",
        "True\tTrue\tenforced\t2592000\t{default_encryption_key}",
    ),
    "iam service-accounts create": (
        "iam service-accounts list",
        "{0}@{project}.iam.gserviceaccount.com",
    ),
    "storage service-agent": (
        "kms keys get-iam-policy state",
        "serviceAccount:service-4711@gs-project-accounts.iam.gserviceaccount.com"
        "\troles/cloudkms.cryptoKeyEncrypterDecrypter\t",
    ),
    "projects add-iam-policy-binding": (
        "projects get-iam-policy {0}",
        "{member}\t{role}\t{condition}",
    ),
    "kms keys add-iam-policy-binding": ("kms keys get-iam-policy {0}", "{member}\t{role}\t"),
    "storage buckets add-iam-policy-binding": (
        "storage buckets get-iam-policy gs://{0}",
        "{member}\t{role}\t",
    ),
    "iam service-accounts add-iam-policy-binding": (
        "iam service-accounts get-iam-policy {0}",
        "{member}\t{role}\t",
    ),
}
"""Command → which other lists what it makes, and as what line."""


class Refusal(Exception):
    pass


def answer(words: list[str], world: World) -> str:
    world["commands"].append(words)
    line = " ".join(words)
    for start, (times, complaint) in world["fail"].items():
        if line.startswith(start) and times > 0:
            world["fail"][start] = (times - 1, complaint)
            raise Refusal(complaint)
    things: dict[str, list[str]] = world["things"]
    for start, (lister, thing) in MADE_BY.items():
        if line.startswith(start):
            names = [word.removeprefix("gs://") for word in words if not word.startswith("--")]
            names = names[start.count(" ") + 1 :]
            made = thing.format(*names, **flags(words))
            things.setdefault(lister.format(*names), []).append(made)
            return ""
    found = [
        thing for lister, there in things.items() if line.startswith(lister) for thing in there
    ]
    return "".join(f"{thing}\n" for thing in found)


def flags(words: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        given[name.replace("-", "_")] = value
    return {**given, "condition": given.get("condition", "").partition("expression=")[2]}


def main() -> None:
    file = Path(os.environ["FAKE_GCLOUD"])
    world = json.loads(file.read_text())
    try:
        sys.stdout.write(answer(sys.argv[1:], world))
    except Refusal as refusal:
        sys.exit(f"ERROR: (gcloud) {refusal}")
    finally:
        file.write_text(json.dumps(world))


if __name__ == "__main__":
    main()
