"""The files in which a backend of files keeps a stack's state, and what to do if one was cut off
while it was written: by a power failure or a full disk."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlparse

from ops.commands import Commands, OpsError
from ops.console import say
from ops.context import Context
from ops.stack import PROJECT, Stack

ATTRIBUTES = ".attrs"
"""How the names of the files end in which it notes what it knows of another."""
META = f"meta.yaml{ATTRIBUTES}"


def state_root(commands: Commands) -> Path | None:
    """Where a backend of files keeps everything; None for a backend that is a service."""
    result = commands.ask(["pulumi", "whoami", "--json"])
    if not result.ok:
        raise OpsError(f"pulumi does not know where its state is: {result.words}")
    url = urlparse(str(json.loads(result.out).get("url", "")))
    if url.scheme != "file":
        return None
    return Path(f"{url.netloc}{url.path}").expanduser() / ".pulumi"


def restore_unreadable(context: Context, root: Path | None) -> bool:
    """Put the newest readable state in the place of one that can't be read; whether it was so.

    `root` is where a backend of files keeps everything. The unreadable state is kept beside the
    other. What was done since is not recorded then: the caller compares with what there is.
    """
    if root is None:
        return False
    drop_unreadable_attributes(root, context.stack)
    file = root / "stacks" / PROJECT / f"{context.stack.name}.json"
    if not file.exists() or readable(file):
        return False
    earlier = [one for one in copies(root, context.stack) if readable(one)]
    if not earlier:
        raise OpsError(
            f"the state of {context.stack.name} can't be read ({file}), and no earlier one is "
            "kept beside it. Nothing was changed. If there is a copy of it, put it there. If there "
            f"is none: `mv {file} {file}.lost`, then `{context.stack.command('down')}`, which "
            "removes what Docker has of the stack, with its data, and "
            f"`{context.stack.command('up')}`."
        )
    newest = max(earlier, key=lambda one: one.stat().st_mtime_ns)
    aside = file.with_name(f"{file.name}.unreadable")
    file.replace(aside)
    shutil.copyfile(newest, fresh := file.with_name(f"{file.name}.restored"))
    file.with_name(f"{file.name}{ATTRIBUTES}").unlink(missing_ok=True)
    os.replace(fresh, file)
    written = datetime.fromtimestamp(newest.stat().st_mtime)
    say(
        f"The state of {context.stack.name} was cut off while it was written. Going on from the "
        f"one of {written:%Y-%m-%d %H:%M:%S} ({newest}); the other is kept as {aside}."
    )
    return True


def drop_unreadable_attributes(root: Path, stack: Stack) -> None:
    """Pulumi writes a file in one go, but what it notes beside it (its type, a checksum) in place:
    killed there, it can read the file no more ("EOF"). Without the notes it can.

    It also leaves the file that it had not yet moved to its place.
    """
    folders = [root / kind / PROJECT / stack.name for kind in ("history", "backups")]
    notes = [one for folder in folders for one in folder.glob(f"*{ATTRIBUTES}")]
    states = root / "stacks" / PROJECT
    for note in [*notes, *states.glob(f"{stack.name}.json*{ATTRIBUTES}"), root / META]:
        if note.exists() and not read_object(note):
            note.unlink()
    for unfinished in states.glob(f"{stack.name}.json.*.tmp"):
        unfinished.unlink()


def copies(root: Path, stack: Stack) -> list[Path]:
    """The earlier states that Pulumi keeps: of the last step, and of the end of each run."""
    return [
        *(root / "stacks" / PROJECT).glob(f"{stack.name}.json.bak"),
        *(root / "history" / PROJECT / stack.name).glob("*.checkpoint.json"),
        *(root / "backups" / PROJECT / stack.name).glob("*.json"),
    ]


def readable(file: Path) -> bool:
    """Whether that is a whole state."""
    return isinstance(read_object(file).get("checkpoint"), dict)


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one if there is none."""
    try:
        document: Any = json.loads(file.read_text())
    except ValueError:
        return {}
    return cast(dict[str, Any], document) if isinstance(document, dict) else {}
