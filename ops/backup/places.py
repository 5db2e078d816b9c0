"""Where the contents of a backup are put."""

from dataclasses import dataclass

from ops.backup.throwaway import Container


@dataclass(frozen=True)
class Places:
    database: Container
    """A PostgreSQL server."""
    exactly: bool
    """Whether it is of the version that made the dumps."""
    cache: Container
    """Has Redis' programs."""
    cache_folder: str
    storage: Container
    """Has tar and sha256sum."""
    storage_folder: str
