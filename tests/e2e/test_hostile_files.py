"""Stack files that nobody should write, by the real commands: refused in words, nothing made."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import program

STACK = "hostile"
START = "config:\n  alphintra:target: local\n  alphintra:environment: dev\n"
BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
"""Short, and of 9^11 words when it is unfolded."""
FILES = {
    "nothing": ("", "alphintra:target: given None"),
    "no YAML": ("[", "is not YAML"),
    "a tag that makes objects": ("config: !!python/object/apply:os.system [id]", "is not YAML"),
    "a key twice": (START + "  alphintra:environment: prod\n", "already defined at line 3"),
    "a bomb in a setting": (BOMB + START + "  alphintra:cache: *a11\n", "excessive aliasing"),
    "a bomb for the target": (BOMB + "config: {alphintra:target: *a11}", "given [["),
    "a reference to itself": (START + "  alphintra:cache: &x {y: *x}\n", "contains itself"),
    "too deep": (START + f"  alphintra:cache: {'[' * 3000}{']' * 3000}\n", "nested too deeply"),
    "no end of a number": (
        START + "  alphintra:cache: {memory_gb: .inf}\n",
        "alphintra:cache.memory_gb: given .inf",
    ),
    "a secret where a setting belongs": (
        START + "  alphintra:cache: {memory_gb: {secure: v1:x:y}}\n",
        "alphintra:cache.memory_gb: given a secret",
    ),
    "half a character": (
        START + '  alphintra:baseline: {developers: "\\ud800"}\n',
        "invalid Unicode character",
    ),
    "numbers of another YAML": (
        START + "  alphintra:cache: {highly_available: no, memory_gb: 0o17,"
        " idle_timeout_seconds: 1:30}\n",
        "1 setting is wrong",
    ),
    "keys that a terminal would obey": (
        START + '  "alphintra:\\e[31mred": 1\n  "alphintra:a\\nb": 2\n',
        "alphintra:'\\x1b[31mred': an unknown key",
    ),
    "300 services": (
        START + "  alphintra:services: {"
        + ", ".join(f"s{n}: {{database: ../x}}" for n in range(300)) + "}\n",
        "300 settings are wrong; nothing was changed.",
    ),
}  # fmt: skip
"""What is in the file, and a part of what `make preview` answers."""


@pytest.fixture(name="folder", scope="module")
def folder_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    program(folder, {}, STACK)
    return folder


@pytest.mark.parametrize("file", FILES)
def test_a_hostile_file_is_refused_in_words(folder: Path, file: str):
    text, words = FILES[file]
    path = folder / f"Pulumi.{STACK}.yaml"
    salt = [one for one in path.read_text().splitlines() if one.startswith("encryptionsalt")]
    path.write_text("\n".join([*salt, text]))
    try:
        done = subprocess.run(
            ["sh", "-c", f". .toolchain/env && .venv/bin/python -m ops preview --stack={STACK}"],
            cwd=folder,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            timeout=180,
        )
    finally:
        path.write_text("\n".join([*salt, "config: {}"]))
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert words in said
    assert "Traceback" not in said
    assert "panic:" not in said
    assert "\x1b[31mred" not in said
