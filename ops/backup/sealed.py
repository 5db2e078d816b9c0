"""Encryption: the format of age (https://age-encryption.org/v1), by the library pyrage.

Each 64 KiB are authenticated, the last are marked as such: what is cut, altered or lengthened is
found out. Who does not hold the key can't make a file either that it opens: what is encrypted to,
which age calls the recipient, is told to nobody.
"""

import os
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from ops.commands import OpsError
from toolchain.paths import pulumi_home

if TYPE_CHECKING:
    import pyrage

KEY_LINE = "AGE-SECRET-KEY-1"
ABOUT = (
    "# Opens this project's backups (age's format). Keep a copy where this machine can't be lost."
)


@dataclass(frozen=True)
class Key:
    """Encrypts and decrypts. It is as secret as what it protects."""

    identity: "pyrage.x25519.Identity" = field(repr=False)


class Damaged(OpsError):
    """A file that is not, or not all of, what was written with this key."""


def key_file(given: Path | None) -> Path:
    """Where the key is: what was `given`, or beside the passphrase of Pulumi's state."""
    return given or pulumi_home() / "alphintra.backup-key"


def make_key(path: Path) -> bool:
    """Make a key unless there is one; whether it was made."""
    import pyrage

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{ABOUT}\n{pyrage.x25519.Identity.generate()}\n")
    return True


def read_key(path: Path) -> Key:
    import pyrage

    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise OpsError(
            f"the key that opens backups can't be read: {path}: {error.strerror}. Put the copy "
            "there that you kept, or name another file with KEY=…"
        ) from None
    for line in lines:
        if line.startswith(KEY_LINE):
            try:
                return Key(pyrage.x25519.Identity.from_str(line.strip()))
            except pyrage.IdentityError:
                break
    raise OpsError(f"{path} holds no key: a line that begins with {KEY_LINE} is expected")


def seal(plain: Iterable[bytes], out: BinaryIO, key: Key) -> None:
    """Write `plain` to `out`, encrypted."""
    import pyrage

    source, sink = _Source(iter(plain)), _Sink(out)
    try:
        pyrage.encrypt_io(cast(Any, source), cast(Any, sink), [key.identity.to_public()])
    except Exception:
        # The library has words of its own for what our two raised.
        raise source.error or sink.error or OpsError("encryption failed") from None


@contextmanager
def unsealed(file: BinaryIO, key: Key) -> Generator[BinaryIO]:
    """The plain content of `file`. Damage is told at the end at the latest: act on nothing that
    was read before this has ended."""
    inside, outside = os.pipe()
    errors: list[Exception] = []

    def work() -> None:
        import pyrage

        # Broken, if whoever reads has stopped: then they say why.
        with suppress(BrokenPipeError), os.fdopen(outside, "wb", buffering=1 << 18) as out:
            try:
                pyrage.decrypt_io(cast(Any, file), cast(Any, out), [key.identity])
                out.flush()
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        with os.fdopen(inside, "rb") as plain:
            try:
                yield plain
            except Exception:
                if errors:
                    raise _damaged(errors[0]) from None
                raise
            while plain.read(1 << 18):
                pass
    finally:
        thread.join()
    if errors:
        raise _damaged(errors[0])


def _damaged(error: Exception) -> OpsError:
    if "No matching keys" in str(error):
        return OpsError(
            "this key does not open the file: it was made with another one. Name that with KEY=…"
        )
    return Damaged(f"the file is damaged, or no backup: {error}")


class _Source:
    """`pieces` as a file to read from. It keeps what was raised in it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.piece = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self.piece:
                self.piece = memoryview(next(self.pieces))
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        taken, self.piece = self.piece[:size], self.piece[size:]
        return bytes(taken)


class _Sink:
    """A file to write to. It keeps what was raised in it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self.file.write(data)
        except BaseException as error:
            self.error = error
            raise

    def flush(self) -> None:
        self.file.flush()
