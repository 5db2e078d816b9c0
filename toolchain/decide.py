"""What is missing, and which way each missing thing can be got on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from toolchain import build, catalog, images, probe, pulumi_home, tools, venv, versions
from toolchain.paths import cache_dir
from toolchain.versions import Build, Plugin, Tool, Versions


@dataclass
class Setup:
    """What was asked for, and what this machine turned out to be able to do."""

    cloud: bool = False
    development: bool = False
    from_source: bool = False
    versions: Versions = field(default_factory=versions.load)
    images: dict[str, catalog.Image] = field(default_factory=catalog.load)
    # How each missing thing will be got; filled by `decide`.
    path_tools: dict[str, str] = field(default_factory=dict[str, str])
    reachable: dict[str, bool] = field(default_factory=dict[str, bool])

    @property
    def plugins(self) -> list[Plugin]:
        return [p for p in self.versions.plugins.values() if self.cloud or not p.cloud]

    # -- what is in place already (must be quick) ------------------------------------------

    def tool_done(self, tool: Tool) -> bool:
        facts = tools.recall(tool.name)
        match facts.get("way"):
            case "path":
                return (
                    facts.get("fingerprint") == tools.fingerprint(tool)
                    and facts.get("suitable") == tool.suitable
                )
            case "official":
                return tools.linked(tool, tools.release_folder(tool))
            case "build":
                return tools.linked(tool, tools.build_folder(tool))
            case _:
                return False

    def plugin_done(self, plugin: Plugin) -> bool:
        if not pulumi_home.plugin_installed(plugin.name, plugin.version):
            return False
        record = self.plugin_record(plugin)
        # No record: the user or an official download put it there.
        return not record.exists() or record.read_text() == build.key(plugin.build)

    def plugin_record(self, plugin: Plugin) -> Path:
        return cache_dir() / "plugins" / f"{plugin.name}-{plugin.version}"

    def image_done(self, image: catalog.Image, have: dict[str, str]) -> bool:
        if catalog.short(image.official) in have:
            return True
        return have.get(image.stand_in) == self.image_inputs(image)

    def image_inputs(self, image: catalog.Image) -> str:
        extra = (build.key(self.versions.node),) if image.name == "node" else ()
        return images.inputs(image.name, extra)

    def venv_done(self) -> bool:
        facts = tools.recall("venv")
        return venv.usable() and facts.get("key") == venv.key(self.lock)

    @property
    def lock(self) -> Path:
        """A machine that once had the development packages keeps them."""
        facts = tools.recall("venv")
        return (
            venv.DEVELOPMENT
            if self.development or facts.get("lock") == venv.DEVELOPMENT.name
            else venv.RUNTIME
        )

    # -- what this machine can do ----------------------------------------------------------

    def decide(self, missing: Iterable[str]) -> None:
        """Look at PATH, then ask the network, for the steps named in `missing`."""
        names = set(missing)
        wanted = [tool for tool in self.versions.tools.values() if tool.name in names]
        for tool in wanted:
            if version := tools.on_path(tool):
                self.path_tools[tool.name] = version
        if self.from_source:
            return
        urls = [t.official.url for t in wanted if t.name not in self.path_tools]
        urls += [p.probe for p in self.plugins if f"plugin-{p.name}" in names]
        hosts = {i.registry for i in self.images.values() if f"image-{i.name}" in names}
        self.reachable = probe.probe([*urls, *map(probe.registry_url, sorted(hosts))])

    def can_pull(self, image: catalog.Image) -> bool:
        return self.reachable.get(probe.registry_url(image.registry), False)

    def compiles(self, missing: Iterable[str]) -> dict[str, Build]:
        """What must be compiled here: step name → build (those in the cache are not listed)."""
        names = set(missing)
        found: dict[str, Build] = {}
        for tool in self.versions.tools.values():
            chosen = tool.name in self.path_tools or self.reachable.get(tool.official.url)
            if tool.name in names and not chosen:
                found[tool.name] = tool.build
        if "image-node" in names and not self.can_pull(self.images["node"]):
            found["node-programs"] = self.versions.node
        for plugin in self.plugins:
            if f"plugin-{plugin.name}" in names and not self.reachable.get(plugin.probe):
                found[f"plugin-{plugin.name}"] = plugin.build
        return {name: one for name, one in found.items() if not is_built(name, one)}


def is_built(name: str, one: Build) -> bool:
    programs = tuple(program.name for program in one.programs)
    return tools.complete(build.folder(name, one), programs)
