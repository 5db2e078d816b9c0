"""A room without doors: a network namespace with a loopback interface and nothing else.

Only a thread enters it, and with it what the thread starts. Sockets that it opens stay usable by
the other threads: so the server inside is reached from within, and itself reaches the machine.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
T = TypeVar("T")


class Room:
    """Runs functions in one thread, in a namespace of its own where that can be made (Linux, as
    root); elsewhere on the machine's network, where the proxy's settings alone keep calls in."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "room")
        self.closed = self.do(_enter)
        """Whether there really is no way out."""

    def do(self, act: Callable[[], T]) -> T:
        return self._thread.submit(act).result()

    def close(self) -> None:
        self._thread.shutdown()


def _enter() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh", answer)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags))
    return True
