"""A disk that is really full: a small file system of our own, or a limit where none may be mounted.

A run has mounts of its own, which end with it: nothing is left behind, and nobody else sees them.
"""

import ctypes
import errno
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

SIZE = 8 * 1024 * 1024
_BLOCK = 64 * 1024
# From <sched.h>, <sys/mount.h>.
_NEW_MOUNTS, _NEW_USER = 0x20000, 0x10000000
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_AT_ONCE = 2


class Disk(Protocol):
    """Where the web server writes, with as much room as it is given."""

    said: str

    def leave(self, room: int) -> None:
        """Have room for so many bytes and no more."""

    def free(self) -> None:
        """Have room again."""


class FullFileSystem:
    """A file system of `SIZE` bytes that is filled with one large file."""

    said = f"a file system of {SIZE // 1024**2} MiB, filled"

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def leave(self, room: int) -> None:
        """Fill it, then give back the room, in whole pages."""
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(_BLOCK))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            filler.truncate(filler.tell() - room)

    def free(self) -> None:
        """Empty it."""
        self._filler.unlink(missing_ok=True)


class LimitedFiles:
    """The next best: processes that may write files of so many bytes only."""

    said = "only a limit on the size of files: no file system may be mounted here"

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        self._pids = pids

    def leave(self, room: int) -> None:
        """Limit them."""
        self._limit(room)

    def free(self) -> None:
        """Limit them no more."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for pid in self._pids():
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def enter_own_mounts() -> bool:
    """Have mounts of our own, if the machine lets us; to be called before there are threads."""
    for flags in (_NEW_MOUNTS, _NEW_USER | _NEW_MOUNTS):
        if _is_allowed(flags):
            _enter(flags)
            return True
    return False


@contextmanager
def small_file_system(folder: Path) -> Iterator[None]:
    """Mount one of `SIZE` bytes on the folder; only with mounts of our own."""
    _mount(folder)
    try:
        yield
    finally:
        _call("umount2", os.fsencode(folder), _AT_ONCE)


def _is_allowed(flags: int) -> bool:
    """Try it in a process of its own: half of it done would leave us as nobody."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _enter(flags)
            _mount(Path(tempfile.gettempdir()))
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def _enter(flags: int) -> None:
    person, group = os.geteuid(), os.getegid()
    _call("unshare", flags)
    if flags & _NEW_USER:
        # Who we were before; without it we are nobody, and may mount nothing.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{person} {person} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)


def _mount(folder: Path) -> None:
    options = f"size={SIZE},mode=0750".encode()
    _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options)


def _call(name: str, *arguments: bytes | int | None) -> None:
    """Call the C library. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
