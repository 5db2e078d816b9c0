"""A new machine's disk, with the images on it that the stack is made from."""

import hashlib
import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.conftest import ROOT, run, say
from tests.e2e.machine import CHECK, PREBUILT, Machine, needs_namespaces
from toolchain.catalog import load
from toolchain.paths import cache_dir

DISK_GB = 24
"""Sparse: what is written takes room here. Kubernetes calls a disk low that is 85 % full."""


def images() -> list[str]:
    """What the stack's containers are made from, as this host's Docker has it."""
    names: list[str] = []
    for image in load().values():
        pair = (image.official, image.stand_in)
        has = [name for name in pair if not _inspect(name).returncode]
        assert has, f"Docker has no {image.name}: `make setup`"
        names.append(has[0])
        if image.name == "debian":
            build = [
                "docker",
                "build",
                "--quiet",
                f"--tag={PREBUILT}",
                f"--build-arg=BASE={has[0]}",
            ]
            run(*build, str(ROOT / "images" / CHECK))
    return [*names, PREBUILT]


def _inspect(name: str) -> "subprocess.CompletedProcess[str]":
    command = ["docker", "image", "inspect", "--format={{.Id}}", name]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def new_disk(folder: Path) -> Path:
    """A disk with the images on it: a copy of one in the cache, which the first test makes."""
    names = images()
    facts = [socket.gethostname(), str(DISK_GB), *(_inspect(name).stdout for name in names)]
    stem = hashlib.sha256(" ".join(facts).encode()).hexdigest()[:16]
    master = cache_dir() / "machine" / f"{stem}.img"
    if not master.exists():
        say("The images go onto a disk, once.")
        shutil.rmtree(master.parent, ignore_errors=True)  # those of other images
        master.parent.mkdir(parents=True)
        making = master.with_suffix(".making")
        with making.open("wb") as file:
            file.truncate(DISK_GB * 1024**3)
        run("mkfs.ext4", "-q", "-m0", "-E", "lazy_itable_init=1,lazy_journal_init=1", str(making))
        machine = Machine(making)
        machine.boot()
        try:
            with subprocess.Popen(["docker", "save", *names], stdout=subprocess.PIPE) as save:
                into = machine.enter("docker load --quiet")
                subprocess.run(into, stdin=save.stdout, stdout=subprocess.DEVNULL, check=True)
            assert save.returncode == 0
        finally:
            machine.switch_off()
        making.rename(master)
    disk = folder / "disk.img"
    run("cp", "--sparse=always", "--reflink=auto", str(master), str(disk))
    return disk


@contextmanager
def switched_on(folder: Path, config: dict[str, object]) -> Generator[Machine]:
    """A new machine with the program on it; its disk is a file in `folder`."""
    needs_namespaces()
    machine = Machine(new_disk(folder))
    try:
        machine.boot()
        machine.install(config)
        yield machine
    finally:
        machine.close()
