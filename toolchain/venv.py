"""The project's virtual environment, installed from a lock file with checksums."""

from __future__ import annotations

import contextlib
import shutil
import sys
from pathlib import Path

from toolchain.errors import SetupError
from toolchain.files import digest, sha256
from toolchain.paths import ROOT, VENV
from toolchain.run import output, run

RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"


def key(lock: Path) -> str:
    return digest([sha256(lock), sys.version, str(VENV)])


def usable() -> bool:
    return (VENV / "bin" / "python").exists() and (VENV / "bin" / "pip").exists()


def ensure(lock: Path, log: Path) -> None:
    """Install a lock file; an environment made by another Python is made anew."""
    python = VENV / "bin" / "python"
    version = output([str(python), "-c", "import sys; print(sys.version)"]) if usable() else None
    if version != sys.version.strip():
        shutil.rmtree(VENV, ignore_errors=True)
        create(log)
    run(
        [
            str(python),
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
            "--no-compile",
            "--require-hashes",
            "--requirement",
            str(lock),
        ],
        log,
        cwd=ROOT,
        hint="Check that pip can install packages here, then run `make setup` again.",
    )
    # On all cores, which pip does not; a file that does not compile is no obstacle (templates).
    with contextlib.suppress(SetupError):
        run([str(python), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")], log)


def base_python() -> str:
    """The Python that environments are made by, also when this one runs inside of one."""
    inside = sys.prefix != sys.base_prefix
    return str(Path(sys.base_prefix) / "bin" / "python3") if inside else sys.executable


def create(log: Path) -> None:
    python = base_python()
    if output([python, "-c", "import ensurepip, venv"]) is None:
        raise SetupError(
            "this Python cannot make virtual environments",
            hint="On Debian or Ubuntu: `sudo apt-get install -y python3-venv`, then run "
            "`make setup` again.",
        )
    run([python, "-m", "venv", str(VENV)], log)
