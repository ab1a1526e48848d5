"""Files that appear whole or not at all, and only once.

Content is written to a neighbour and flushed to disk before it gets its name, so no reader and no
crash ever sees half of it. The name is given by a hard link, which fails if it is taken: of several
writers exactly one wins.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

__all__ = ["create_once", "private_folder", "replace"]

_PRIVATE = 0o600


def create_once(path: Path, content: bytes) -> bool:
    """Create ``path`` with ``content``, for its owner only; False if it is there already."""
    neighbour = _write_neighbour(path, content)
    try:
        os.link(neighbour, path)
    except FileExistsError:
        return False
    finally:
        neighbour.unlink()
        _flush_folder(path.parent)
    return True


def replace(path: Path, content: bytes) -> None:
    """Give ``path`` new content in one step."""
    neighbour = _write_neighbour(path, content)
    try:
        neighbour.replace(path)
    except OSError:
        neighbour.unlink()
        raise
    _flush_folder(path.parent)


def private_folder(path: Path) -> Path:
    """Create a folder that only its owner may enter, where it does not exist yet."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _write_neighbour(path: Path, content: bytes) -> Path:
    neighbour = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(neighbour, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return neighbour


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system can open a folder to flush it
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
