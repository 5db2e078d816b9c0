"""Where things live. Nothing is written outside these folders, Docker itself aside."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".toolchain"
BIN = LOCAL / "bin"
LOGS = LOCAL / "logs"
STATE = LOCAL / "state"
ENV_FILE = LOCAL / "env"
VENV = ROOT / ".venv"
GO_MODULES = ROOT / "toolchain" / "go"
IMAGES = ROOT / "images"


def cache_dir() -> Path:
    """The user's cache folder, shared by every clone of the project."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "alphintra"


def home() -> Path:
    """The user's home as the system knows it: the Pulumi CLI looks there, whatever $HOME says."""
    return Path(pwd.getpwuid(os.getuid()).pw_dir)


def pulumi_home() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or home() / ".pulumi")
