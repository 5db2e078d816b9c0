"""Who vouches for the played cloud: two authorities of one rehearsal's own."""

from dataclasses import dataclass
from pathlib import Path

from components.certificates import make_authority, make_server_certificate
from policy.google import REGIONS

APIS = ("googleapis.com", "gke.goog")
MANAGED = ("sql-psa.goog", "sql-psa.goog.")
"""Cloud SQL's names have the dot that ends them; Go takes no authority that is allowed such, so
the provider is given another."""
Pair = tuple[str, str]
"""A certificate and its key (PEM)."""


@dataclass(frozen=True)
class Authority:
    apis: Pair
    """Signs for the APIs and the cluster's endpoint; the provider trusts it."""
    managed: Pair
    """Signs for database and cache servers; the played APIs name it, and pods trust it."""
    folder: Path

    @property
    def bundle(self) -> Path:
        return self.folder / "authority.pem"

    def server(self) -> Path:
        """The certificate and key of the played APIs, and of the cluster's endpoint."""
        names = [
            "*.googleapis.com",
            *(f"*.{region}.rep.googleapis.com" for region in REGIONS),
            *(f"*.{region}.gke.goog" for region in REGIONS),
        ]
        file = self.folder / "server.pem"
        file.touch(mode=0o600)
        file.write_text("".join(make_server_certificate("rehearsal", [], names, self.apis)))
        return file


def new_authority(folder: Path) -> Authority:
    authority = Authority(
        make_authority("rehearsal", APIS), make_authority("rehearsed servers", MANAGED), folder
    )
    authority.bundle.write_text(authority.apis[0])
    return authority
