"""One virtual clock for several processes: eight bytes in a shared file."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORM = struct.Struct("<q")


class SharedClock:
    """Stands still until one of the processes moves it, and never goes back."""

    @classmethod
    def make(cls, path: Path, start: datetime) -> None:
        """Write the file; to be done before there is anybody who could be killed meanwhile."""
        path.write_bytes(_FORM.pack((start - _EPOCH) // _MICROSECOND))

    def __init__(self, path: Path) -> None:
        # A bare descriptor, open as long as the process: a clock is never put away.
        self._file = os.open(path, os.O_RDWR)
        self._bytes = mmap.mmap(self._file, _FORM.size)

    def now(self) -> datetime:
        return _EPOCH + int(_FORM.unpack_from(self._bytes)[0]) * _MICROSECOND

    def advance_to(self, at: datetime) -> None:
        # The lock belongs to this open file and ends with its process, however that ends.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            if at > self.now():
                _FORM.pack_into(self._bytes, 0, (at - _EPOCH) // _MICROSECOND)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def advance(self, seconds: int) -> None:
        self.advance_to(self.now() + timedelta(seconds=seconds))
