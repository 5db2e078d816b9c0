"""The table of steps: what must be in place, and the work that brings it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from toolchain import (
    build,
    catalog,
    docker_engine,
    env,
    fetch,
    images,
    node_image,
    pulumi_home,
    tools,
    venv,
)
from toolchain.decide import Setup, is_built
from toolchain.files import write_atomic
from toolchain.paths import IMAGES
from toolchain.plan import Note, Step, one_compile_at_a_time
from toolchain.versions import Build, Plugin, Tool

STACK = "dev"
# Steps that only prepare another one, the node image; they are run when that is built here.
PREPARING = ("node-programs", "node-packages")


def table(setup: Setup, compiles: dict[str, Build], go: str = "") -> list[Step]:
    """All steps, what is needed before what needs it."""
    steps = [docker_step(), venv_step(setup)]
    steps += module_steps(compiles, go)
    steps += [tool_step(setup, tool, compiles, go) for tool in setup.versions.tools.values()]
    steps.insert(len(steps) - 1, node_programs_step(setup, compiles, go))
    steps += [plugin_step(setup, plugin, compiles, go) for plugin in setup.plugins]
    steps += [image_step(setup, image) for image in setup.images.values()]
    if "node" in setup.images:
        steps.insert(len(steps) - 1, node_packages_step(setup))
    steps.append(stack_step())
    return one_compile_at_a_time(steps)


def docker_step() -> Step:
    return Step(
        "docker",
        "Docker Engine",
        lambda: docker_engine.server_version() is not None,
        lambda log, _: docker_engine.ensure(log),
        seconds=30,
    )


def venv_step(setup: Setup) -> Step:
    def work(log: Path, _: Note) -> str:
        lock = setup.lock
        venv.ensure(lock, log)
        tools.remember("venv", key=venv.key(lock), lock=lock.name)
        return f"installed from {lock.name}"

    return Step("venv", "Python packages", setup.venv_done, work, seconds=60)


def module_steps(compiles: dict[str, Build], go: str) -> list[Step]:
    """One download for each module graph; the compiles wait for theirs."""
    graphs: dict[str, list[Build]] = {}
    for one in compiles.values():
        graphs.setdefault(one.module, []).append(one)

    def step(name: str, builds: list[Build]) -> Step:
        def work(log: Path, _: Note) -> str:
            build.download_modules(builds, log, go)
            return "in Go's module cache"

        return Step(f"modules-{name}", f"Go modules ({name})", lambda: False, work, seconds=100)

    return [step(name, builds) for name, builds in graphs.items()]


def compiled(name: str, one: Build, log: Path, go: str) -> Path:
    """The folder with a build's programs, compiled now unless the cache has it."""
    folder = build.folder(name, one)
    if not is_built(name, one):
        build.compile_programs(name, one, log, go)
    return folder


def compile_parts(name: str, compiles: dict[str, Build]) -> tuple[tuple[str, ...], int, bool]:
    """(needs, seconds, compiles) of a step that may have to compile."""
    if name not in compiles:
        return (), 5, False
    return (f"modules-{compiles[name].module}",), compiles[name].seconds, True


def tool_step(setup: Setup, tool: Tool, compiles: dict[str, Build], go: str) -> Step:
    def work(log: Path, note: Note) -> str:
        if version := setup.path_tools.get(tool.name):
            tools.unlink_programs(tool)
            tools.remember(
                tool.name,
                way="path",
                version=version,
                suitable=tool.suitable,
                fingerprint=tools.fingerprint(tool),
            )
            return f"{version}, found on PATH"
        with contextlib.suppress(fetch.Unreachable):
            if setup.reachable.get(tool.official.url):
                tools.link_programs(tool, tools.fetch_release(tool, note))
                tools.remember(tool.name, way="official", version=tool.version)
                return f"{tool.version}, the official release"
        cached = is_built(tool.name, tool.build)
        compiler = go or build.require_go(setup.versions.go_minimum)
        tools.link_programs(tool, compiled(tool.name, tool.build, log, compiler))
        tools.remember(tool.name, way="build", version=tool.version)
        return f"{tool.version}, {'from the cache' if cached else 'built from source'}"

    needs, seconds, compiles_here = compile_parts(tool.name, compiles)
    return Step(
        tool.name,
        tool.title,
        lambda: setup.tool_done(tool),
        work,
        needs,
        seconds=seconds,
        compiles=compiles_here,
    )


def node_programs_step(setup: Setup, compiles: dict[str, Build], go: str) -> Step:
    name = "node-programs"

    def work(log: Path, _: Note) -> str:
        compiled(name, setup.versions.node, log, go)
        return "built from source"

    needs, seconds, compiles_here = compile_parts(name, compiles)
    return Step(
        name,
        "Kubernetes node programs",
        lambda: name not in compiles or is_built(name, setup.versions.node),
        work,
        needs,
        seconds=seconds,
        compiles=compiles_here,
    )


def plugin_step(setup: Setup, plugin: Plugin, compiles: dict[str, Build], go: str) -> Step:
    name = f"plugin-{plugin.name}"

    def work(log: Path, _: Note) -> str:
        pulumi = tools.program("pulumi")
        record = setup.plugin_record(plugin)
        if setup.reachable.get(plugin.probe):
            pulumi_home.install_plugin(
                pulumi, plugin.name, plugin.version, log, env.for_commands(), None
            )
            record.unlink(missing_ok=True)
            return f"{plugin.version}, the official release"
        cached = is_built(name, plugin.build)
        folder = compiled(name, plugin.build, log, go)
        pulumi_home.install_plugin(
            pulumi,
            plugin.name,
            plugin.version,
            log,
            env.for_commands(),
            folder / plugin.program,
        )
        write_atomic(record, build.key(plugin.build))
        return f"{plugin.version}, {'from the cache' if cached else 'built from source'}"

    needs, seconds, compiles_here = compile_parts(name, compiles)
    return Step(
        name,
        f"Pulumi plugin {plugin.name}",
        lambda: setup.plugin_done(plugin),
        work,
        ("pulumi", *needs),
        seconds=seconds,
        compiles=compiles_here,
    )


def image_step(setup: Setup, image: catalog.Image) -> Step:
    base = setup.images["debian"]

    def work(log: Path, _: Note) -> str:
        if setup.can_pull(image):
            images.pull(image, log)
            return f"pulled {image.official}"
        inputs = setup.image_inputs(image)
        on = catalog.chosen(base, catalog.present([base])) or base.stand_in
        if image.name == "debian":
            images.build_debian(image, inputs, log)
        elif image.name == "node":
            programs = build.folder("node-programs", setup.versions.node)
            node_image.build(image, on, inputs, programs, log)
        else:
            images.build(IMAGES / image.name, image, on, inputs, log)
        return f"built {image.stand_in}"

    built_here = not setup.can_pull(image)
    on_node = built_here and image.name == "node"
    return Step(
        f"image-{image.name}",
        f"image {image.name}",
        lambda: setup.image_done(image, catalog.present([image])),
        work,
        (
            "docker",
            *(("image-debian",) if built_here and image.name != "debian" else ()),
            *(("node-programs",) if on_node else ()),
        ),
        ("node-packages",) if on_node else (),
        seconds=40,
    )


def node_packages_step(setup: Setup) -> Step:
    """The Debian packages of the node image, while its programs are still being compiled."""
    base = setup.images["debian"]

    def work(log: Path, _: Note) -> str:
        node_image.build_packages(
            catalog.chosen(base, catalog.present([base])) or base.stand_in, log
        )
        return "installed"

    return Step(
        "node-packages",
        "Debian packages of image node",
        lambda: setup.can_pull(setup.images["node"]),
        work,
        ("docker", "image-debian"),
        seconds=40,
    )


def stack_step() -> Step:
    def work(log: Path, _: Note) -> str:
        if pulumi_home.needs_passphrase_file():
            pulumi_home.ensure_passphrase()
        return pulumi_home.ensure_stack(STACK, tools.program("pulumi"), log, env.for_commands())

    return Step(
        "stack",
        f"Pulumi stack {STACK}",
        lambda: pulumi_home.stack_exists(STACK) and pulumi_home.passphrase_there(),
        work,
        ("pulumi",),
        seconds=5,
    )
