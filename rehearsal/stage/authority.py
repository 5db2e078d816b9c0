"""Who vouches for the played cloud: an authority of one rehearsal's own, for Google's names."""

from dataclasses import dataclass
from pathlib import Path

from components.certificates import make_authority, make_server_certificate
from policy.google import REGIONS

NAMES = ("googleapis.com", "gke.goog", "sql-psa.goog", "sql-psa.goog.")
"""What it can sign for, Cloud SQL's names with the dot that ends them, too; nobody outside of a
rehearsal trusts it."""


@dataclass(frozen=True)
class Authority:
    certificate: str
    key: str
    folder: Path

    @property
    def bundle(self) -> Path:
        """What clients trust (PEM)."""
        return self.folder / "authority.pem"

    def server(self) -> Path:
        """The certificate and key of the played APIs, and of the cluster's endpoint."""
        names = [
            "*.googleapis.com",
            *(f"*.{region}.rep.googleapis.com" for region in REGIONS),
            *(f"*.{region}.gke.goog" for region in REGIONS),
        ]
        pair = make_server_certificate("rehearsal", [], names, (self.certificate, self.key))
        file = self.folder / "server.pem"
        file.touch(mode=0o600)
        file.write_text("".join(pair))
        return file


def new_authority(folder: Path) -> Authority:
    certificate, key = make_authority("rehearsal", NAMES)
    authority = Authority(certificate, key, folder)
    authority.bundle.write_text(certificate)
    return authority
