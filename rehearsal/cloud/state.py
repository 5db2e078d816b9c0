"""What the played project has: its resources, who may use them, and what is going on."""

import ipaddress
import re
import threading
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rehearsal.cloud.documents import FOLDER, Document, Json, Method, neutral, read
from rehearsal.cloud.fields import last
from rehearsal.cloud.refused import Refused


@dataclass
class Call:
    """One request, and what is found out about it on the way."""

    host: str
    http: str
    path: str
    """Below the host, without the slash that begins it."""
    query: dict[str, str] = field(default_factory=dict[str, str])
    body: Json = field(default_factory=dict[str, object])
    method: Method = field(init=False)
    key: str = ""
    """Where what it is about is kept: `compute:projects/p/global/networks/n`."""
    operation: str = ""
    """The long-running operation that it started."""

    @property
    def resource(self) -> str:
        """The resource's name, as other resources refer to it."""
        return self.key.partition(":")[2]


@dataclass
class Cloud:
    """One project of Google's, as its control plane knows it."""

    project: str
    number: str
    store: dict[str, Json] = field(default_factory=dict[str, Json])
    """`<api>:<path without version>` → the resource, in its API's own form."""
    policies: dict[str, Json] = field(default_factory=dict[str, Json])
    """The same key → its IAM policy."""
    operations: dict[str, Json] = field(default_factory=dict[str, Json])
    agents: set[str] = field(default_factory=set[str])
    """Google's own accounts that are there: emails."""
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    """`<api>.<version>` → its description."""
    work: "dict[str, Work]" = field(default_factory=dict[str, "Work"])
    """Method id → what stands behind it for real; its operation is not done before."""
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    """Version of a secret → its data, in base64."""
    authority: str = ""
    """Who signs the certificates of managed servers, in PEM; empty where no server stands."""
    cache_password: str = "rehearsal-auth-string"
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    """Whose address in the managed range → which."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def load(self, names: Iterable[str]) -> None:
        for name in names:
            self.documents.setdefault(name, read(name))

    def document(self, host: str, path: str) -> Document:
        """The description of the API that answers at `host`, in the version that `path` names."""
        label = host.split(".")[0]
        name, *_ = path.split("/") if label == "www" else [label]
        found = re.match(r"(?:[a-z]+\d*/)?(v\d\w*|beta|alpha)(?:/|$)", path)
        wanted = f"{name}.{found[1]}" if found else f"{name}.v1"
        if wanted not in self.documents:
            if not host.endswith(".googleapis.com") or not (FOLDER / f"{wanted}.json").exists():
                raise Refused(501, f"no description of Google's names https://{host}/{path}")
            self.load([wanted])
        return self.documents[wanted]

    @cached_property
    def locations(self) -> frozenset[str]:
        """Regions that any API has an endpoint in."""
        return frozenset(place for one in self.documents.values() for place in one.locations)

    def keyed(self, method: Method, path: str) -> str:
        """Where a resource is kept: without version, the project by its id, escapes made one."""
        bare = re.sub(
            rf"^projects/(?:{self.number}|-)(?=/|$)", f"projects/{self.project}", neutral(path)
        )
        parts = (urllib.parse.unquote(part) for part in bare.split("/"))
        return f"{method.api}:" + "/".join(
            urllib.parse.quote(one, safe="@._-~():") for one in parts
        )

    def view(self, key: str) -> Json:
        """A resource that has to be there."""
        found = self.store.get(key)
        if found is None and last(key).isdigit():  # compute's answer to their number, too
            folder = key[: -len(last(key))]
            found = next((one for one in self.under(folder) if one.get("id") == last(key)), None)
        if found is None:
            raise Refused(404, f"The resource '{key.partition(':')[2]}' was not found")
        return found

    def under(self, prefix: str) -> Iterator[Json]:
        return (value for key, value in self.store.items() if key.startswith(prefix))

    def find(self, prefix: str, name: str) -> Json | None:
        """The resource of this last name below `prefix`."""
        return next(
            (v for k, v in self.store.items() if k.startswith(prefix) and last(k) == last(name)),
            None,
        )

    def readers(self, path: str) -> list[Method]:
        """The methods that would read a resource of this name."""
        return [m for one in self.documents.values() for m in one.methods if m.holds(path)]

    def managed_address(self, owner: str) -> str | None:
        """The address that `owner` has in the range reserved for managed services, if there is
        one: the next that is free, from the tenth on."""
        ranges = (one for one in self.under("compute:") if one.get("purpose") == "VPC_PEERING")
        reserved = next(ranges, None)
        if reserved is None:
            return None
        base = ipaddress.ip_address(reserved["address"])
        return self.addresses.setdefault(owner, str(base + 10 + len(self.addresses)))

    def enable(self, service: str, on: bool = True) -> None:
        name = f"projects/{self.project}/services/{service}"
        self.store[f"serviceusage:{name}"] = {
            "name": name,
            "parent": f"projects/{self.number}",
            "config": {"name": service},
            "state": "ENABLED" if on else "DISABLED",
        }

    def enabled(self, service: str) -> bool:
        key = f"serviceusage:projects/{self.project}/services/{service}"
        return self.store.get(key, {}).get("state") == "ENABLED"


Work = Callable[[Cloud, Call], None]
