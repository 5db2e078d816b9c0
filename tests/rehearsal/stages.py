"""Small programs played on a stage of their own, where Pulumi and the provider are at hand."""

import shutil
from pathlib import Path

import pytest

from rehearsal.play import Step

HERE = Path(__file__).parent
PLUGINS = Path.home() / ".pulumi" / "plugins"


def needs_provider() -> None:
    """Skip where `make setup CLOUD=--cloud` has not been."""
    if not shutil.which("pulumi") or not list(PLUGINS.glob("resource-gcp-v*/")):
        pytest.skip("needs Pulumi and its Google Cloud plugin: `make e2e` has them")


def said_of(step: Step, name: str) -> list[str]:
    """Pulumi's errors about the resource `name`."""
    return [words for words in step.words if words.startswith(f"{name}: ")]
