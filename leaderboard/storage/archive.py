"""Every accepted file, stored under the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

from leaderboard.storage.files import PRIVATE_FOLDER, sync_folder, write_whole
from leaderboard.storage.shared import SharedFiles


class Archive:
    """A folder of content-addressed files in 256 subfolders; `shared` gives the store that several machines use."""

    def __init__(self, root: Path, shared: Callable[[], SharedFiles] | None = None) -> None:
        self.root, self.shared = root, shared
        self._making = threading.Lock()

    def path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / f"{sha256}.csv"

    def put(self, data: bytes, sha256: str | None = None) -> str:
        """Store the bytes on the disk, unless they are stored already; their SHA-256, which the caller may know."""
        sha256 = sha256 or hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if not path.exists():
            self._make_folders(path.parent)
            write_whole(path, data)
        if self.shared is not None:
            self.shared().put(path.name, data)
        return sha256

    def _make_folders(self, folder: Path) -> None:
        """Make all subfolders before the first file, so that later files need not wait for a folder to be flushed."""
        with self._making:
            if not folder.exists():
                for number in range(256):
                    (self.root / f"{number:02x}").mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
                sync_folder(self.root)

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises OSError if they are neither in the folder nor in the shared store."""
        path = self.path(sha256)
        if self.shared is not None and not path.exists():
            data = self.shared().get(path.name)
            if data is not None:
                return data
        return path.read_bytes()

    def fault(self, sha256: str) -> str | None:
        """What is wrong with the file, such as "was changed"; None if its bytes have this SHA-256."""
        try:
            return None if hashlib.sha256(self.get(sha256)).hexdigest() == sha256 else "was changed"
        except FileNotFoundError:
            return "is missing"
        except OSError as error:
            return f"cannot be read ({error.strerror}); it may be unchanged"
