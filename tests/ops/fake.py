"""A machine that exists only here: it answers the commands that `ops` runs, and records them."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops.commands import Commands, Result
from ops.context import Context
from ops.stack import Stack
from ops.targets import TARGETS
from tests.ops import fake_machine
from tests.ops.fake_stack import (
    KUBECONFIG,
    NODE_IMAGE,
    OUTPUTS,
    SECRETS,
    SPECS,
    asked_for,
    platform,
    with_condition,
)


class FakeHost(Commands):
    """Answers from its fields, which a test sets; every command is in `asked` or `shown`."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.docker: str | None = "25.0"
        self.docker_root = "/nowhere"
        self.containers: list[dict[str, Any]] = []
        self.networks: dict[str, str] = {}
        self.volumes: dict[str, str] = {}
        self.unlabelled_volumes: set[str] = set()
        self.outputs: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.specs: dict[str, dict[str, Any]] = {}
        self.backend = "https://api.example.com"
        self.processes: dict[int, str] = {}
        """Process → what `ps` says of it: its state, when it began, its program."""
        self.process_list = ""
        self.nodes = [with_condition("server-0", "Ready"), with_condition("agent-0", "Ready")]
        self.pods = [with_condition("coredns", "Ready")]
        self.jobs = [with_condition("connectivity-check", "Complete")]
        self.node_image = NODE_IMAGE["image_id"]
        """The node image that Docker has now."""
        self.streaming = "streaming|10.60.32.10"
        """What the database's replica says of its link: state and primary."""
        self.codes: dict[str, int] = {}
        """How a command shown to the user ends: its first words → exit code."""
        self.left_by_destroy: set[str] = set()
        """Names of what `pulumi destroy` overlooks."""
        self.destroy_is_cancelled = False
        """It removes nothing, and says that it succeeded, as Pulumi does."""
        self.asked_for: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        """Id of a recorded resource → its inputs and outputs, where a test wants its own."""
        self.objects: list[dict[str, Any]] = []
        """What kubectl finds when it is asked for several kinds."""
        self.server_says: dict[str, str] = {}
        """Container → what psql or redis-cli in it answers to what is typed."""
        self.typed: list[str | None] = []
        """What went into commands by standard input."""
        self.asked: list[list[str]] = []
        self.shown: list[list[str]] = []
        self.shown_environments: list[dict[str, str]] = []

    def up(self) -> "FakeHost":
        self.containers = platform(self.stack)
        self.outputs = dict(OUTPUTS)
        self.specs = {component: dict(spec) for component, spec in SPECS.items()}
        self.record(*self.made)
        return self

    @property
    def made(self) -> list[tuple[str, str]]:
        """What a state records of the containers and networks that there are, k3d's aside."""
        containers = [
            ("docker:index/container:Container", one["Id"])
            for one in self.containers
            if "k3d.cluster" not in one["Config"]["Labels"]
        ]
        return [*containers, *(("docker:index/network:Network", one) for one in self.networks)]

    def record(
        self,
        *resources: tuple[str, str],
        needs: Mapping[str, str] | None = None,
        pending: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Set Pulumi's state: (type, id) of resources, id → what it was made from (the end of a
        URN; a provider's with its id), (what, name) of pending operations."""
        made_from = needs or {}
        self.state = {
            "resources": [
                {
                    "urn": f"urn:x::{type_}::{id_}",
                    "type": type_,
                    "id": id_,
                    **asked_for(type_, id_, self.networks, self.asked_for),
                    **(
                        {"provider": f"urn:x::{made_from[id_]}::some-id"}
                        if made_from.get(id_, "").startswith("pulumi:providers:")
                        else {"dependencies": [f"urn:x::{made_from[id_]}"]}
                        if id_ in made_from
                        else {}
                    ),
                }
                for type_, id_ in resources
            ],
            "pending_operations": [
                {"type": what, "resource": {"urn": f"urn:x::{name}"}} for what, name in pending
            ],
        }

    @property
    def everything(self) -> list[list[str]]:
        return self.asked + self.shown

    def show(self, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        self.shown.append(list(command))
        self.shown_environments.append(dict(env or {}))
        words = " ".join(command)
        code = next((code for start, code in self.codes.items() if words.startswith(start)), 0)
        if words.startswith("pulumi destroy") and code == 0:
            self._destroy()
        return code

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """What streams is for real machines: here each ends at once, as a failure."""
        self.asked.append(list(command))
        stdout, stderr = options["stdout"], options["stderr"]
        return subprocess.Popen(["false"], stdin=subprocess.PIPE, stdout=stdout, stderr=stderr)

    def _destroy(self) -> None:
        if self.destroy_is_cancelled:
            return
        self.record()
        left = self.left_by_destroy
        self.containers = [one for one in self.containers if one["Name"].lstrip("/") in left]
        self.networks = {id_: name for id_, name in self.networks.items() if name in left}
        self.volumes = {id_: name for id_, name in self.volumes.items() if name in left}

    def ask(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 30,
    ) -> Result:
        self.asked.append(list(command))
        self.typed.append(stdin)
        known = fake_machine.answer(command)
        if known and (self.docker or command[0] != "docker"):
            return known
        match list(command):
            case ["docker", *words]:
                return self._docker(words, env or {})
            case ["pulumi", *words]:
                return self._pulumi(words)
            case ["kubectl", *words]:
                return self._kubectl(words)
            case ["ps", "-p", pid, *_]:
                return Result(0, self.processes.get(int(pid), ""))
            case ["k3d", "cluster", "delete", name]:
                self.containers = [
                    one
                    for one in self.containers
                    if one["Config"]["Labels"].get("k3d.cluster") != name
                ]
                return Result(0)
            case ["ps", "-A", *_]:
                return Result(0, self.process_list)
            case ["k3d", "cluster", *_] | ["gcloud", *_]:
                return Result(0)
            case _:
                raise AssertionError(f"nobody expects {command}")

    def _docker(self, words: list[str], env: Mapping[str, str]) -> Result:
        match words:
            case _ if self.docker is None:
                return Result(1, err="Cannot connect to the Docker daemon")
            case ["info", *_]:
                return Result(0, f"{self.docker_root}\n")
            case ["version", *_]:
                return Result(0, f"{self.docker}\n")
            case ["container", "ls", *filters]:
                named = {
                    one["Id"]: one["Name"].lstrip("/")
                    for one in self.containers
                    if self._picked(one, filters)
                }
                return self._listed(named)
            case ["image", "inspect", *_]:
                return Result(0, f"{self.node_image}\n")
            case ["network", "ls", *filters]:
                return self._listed({} if self._k3ds(filters) else self.networks)
            case ["volume", "ls", *filters]:
                if not any("label=" in word for word in filters):
                    unlabelled = {name: name for name in self.unlabelled_volumes}
                    return self._listed(self.volumes | unlabelled)
                return self._listed({} if self._k3ds(filters) else self.volumes)
            case ["network", "inspect", *names]:
                facts: list[dict[str, Any]] = [
                    {"Name": name, "Id": id_, "Containers": {}}
                    for id_, name in self.networks.items()
                    if name in names
                ]
                return Result(0, json.dumps(facts))
            case ["volume", "inspect", *names]:
                known = [{"Name": name} for name in self.volumes if name in names]
                return Result(0, json.dumps(known))
            case ["exec", "--interactive", server, "psql" | "sh", *_]:
                there = server in self.server_says
                return Result(0, self.server_says[server]) if there else Result(1, err="no server")
            case ["volume", "create", *_, name]:
                self.volumes[name] = name
            case ["update" | "unpause" | "restart" | "rename" | "run" | "stop" | "rm", *_]:
                pass
            case ["network", "connect" | "disconnect", *_]:
                pass
            case ["container", "inspect", *names]:
                found = [
                    one
                    for one in self.containers
                    if one["Id"] in names or one["Name"].lstrip("/") in names
                ]
                missing = "" if len(found) == len(names) else "Error: No such container: x"
                return Result(1 if missing else 0, json.dumps(found), missing)
            case ["container", "stop", *_]:
                return Result(0)
            case ["container", "rm", "--force", "--volumes", *ids]:
                self.containers = [one for one in self.containers if one["Id"] not in ids]
            case ["network", "rm", *ids]:
                self.networks = {id_: n for id_, n in self.networks.items() if id_ not in ids}
            case ["volume", "rm", *ids]:
                self.volumes = {id_: n for id_, n in self.volumes.items() if id_ not in ids}
                self.unlabelled_volumes -= set(ids)
            case ["system", "df", *_]:
                return Result(0, json.dumps([{"Name": n, "Size": "12MB"} for n in self.volumes]))
            case ["exec", "--env=PGPASSWORD", server, "psql", *options]:
                user = next(word for word in options if word.startswith("--username="))
                role = user.removeprefix("--username=")
                if env.get("PGPASSWORD") != SECRETS.get(role):
                    return Result(2, err=f'password authentication failed for user "{role}"')
                if server.endswith("-replica"):
                    return Result(0, f"{self.streaming}\n")
                return Result(0, f"{role}\n")
            case ["start" | "restart", *names]:
                for one in self.containers:
                    if one["Name"].lstrip("/") in names:
                        one["State"] = {"Status": "running", "Health": {"Status": "healthy"}}
            case _:
                raise AssertionError(f"nobody expects docker {words}")
        return Result(0)

    def _picked(self, one: dict[str, Any], filters: list[str]) -> bool:
        labels = one["Config"]["Labels"]
        wanted = [word.split("=", 2)[2] for word in filters if word.startswith("--filter=label=")]
        return all(
            labels.get(pair.split("=")[0]) == pair.split("=")[1] if "=" in pair else pair in labels
            for pair in wanted
        )

    def _k3ds(self, filters: list[str]) -> bool:
        return any("k3d.cluster" in word for word in filters)

    def _listed(self, named: Mapping[str, str]) -> Result:
        return Result(0, "".join(f"{id_} {name}\n" for id_, name in named.items()))

    def _pulumi(self, words: list[str]) -> Result:
        match words:
            case ["stack", "output", *_]:
                if not self.outputs:
                    return Result(255, err=f"error: no stack named '{self.stack.name}' found")
                return Result(0, json.dumps(self.outputs))
            case ["stack", "export", *_]:
                components = [
                    {
                        "urn": f"urn:x::alphintra:index:{component}::{component.lower()}",
                        "type": f"alphintra:index:{component}",
                        "inputs": spec,
                    }
                    for component, spec in self.specs.items()
                ]
                resources = [*components, *self.state.get("resources", [])]
                deployment = {**self.state, "resources": resources}
                return Result(0, json.dumps({"version": 3, "deployment": deployment}))
            case ["whoami", "--json"]:
                return Result(0, json.dumps({"user": "me", "url": self.backend}))
            case ["cancel", *_] | ["stack", "init", *_] | ["state", "delete", *_]:
                return Result(0)
            case _:
                raise AssertionError(f"nobody expects pulumi {words}")

    def _kubectl(self, words: list[str]) -> Result:
        path = words[0].removeprefix("--kubeconfig=")
        assert Path(path).read_text() == KUBECONFIG, "kubectl must get the stack's kubeconfig"
        assert Path(path).stat().st_mode & 0o077 == 0, "others can read the kubeconfig"
        if words[1:3] == ["apply", "--server-side"]:
            return Result(0)
        match words[2:]:
            case ["get", "--raw=/readyz"]:
                return Result(0, "ok")
            case ["get", "nodes", *_]:
                return Result(0, json.dumps({"items": self.nodes}))
            case ["get", "pods", *_]:
                return Result(0, json.dumps({"items": self.pods}))
            case ["get", kinds, "--all-namespaces", *_] if "." in kinds:
                return Result(0, json.dumps({"items": self.objects}))
            case ["get", "jobs", *_]:
                return Result(0, json.dumps({"items": self.jobs}))
            case _:
                raise AssertionError(f"nobody expects kubectl {words}")


def context(host: FakeHost, **settings: Any) -> Context:
    return Context(host.stack, host, TARGETS[host.stack.target], **settings)
