"""Download CIFAR-10 completely or not at all, with a time limit; torchvision verifies and extracts it."""

import shutil
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from pipeline.core.progress import progress
from pipeline.data.archives import md5_of
from pipeline.data.cifar10 import FOLDER

ARCHIVE = "cifar-10-python.tar.gz"
SILENCE_SECONDS = 15
"""Give up if the server sends nothing for this long."""

TOTAL_SECONDS = 1800
"""Give up if the whole download takes longer: 170 MB at 100 kB/s."""

_BLOCK = 1 << 18
WORK = ".cifar-10-download"


class DownloadError(Exception):
    """Why CIFAR-10 is not available: one line without advice, since another source may be tried next."""


def download(directory: Path) -> Path:
    """Download CIFAR-10 into the directory, or complete an earlier download or extraction that was interrupted.

    The contents of an earlier call's work folder are used if there are any; a user's archive is never touched.
    All work is done under temporary names: if this is interrupted, the batch folder is absent, unchanged or complete.

    Returns:
        The folder of the batches.

    Raises:
        DownloadError: no network, a silent or broken connection, a file that is not the published one, a full disk.
    """
    # Torchvision provides the URL and the MD5, but its download has no time limit and leaves a partial file.
    from torchvision.datasets import CIFAR10

    work = directory / WORK
    try:
        work.mkdir(parents=True, exist_ok=True)
        _take_archive(work, CIFAR10.url, CIFAR10.tgz_md5)
        shutil.rmtree(work / FOLDER, ignore_errors=True)
        CIFAR10(root=work, download=True)
        shutil.rmtree(directory / FOLDER, ignore_errors=True)
        (work / FOLDER).rename(directory / FOLDER)
    except (OSError, HTTPException, RuntimeError) as error:
        with suppress(OSError):
            work.rmdir()  # unless it contains something to resume from
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise DownloadError(f"download of CIFAR-10 failed: {reason}") from None
    shutil.rmtree(work)
    return directory / FOLDER


def begun(directory: Path) -> bool:
    """Whether a download was started in this directory, so that missing or damaged files in it may be replaced."""
    return (directory / WORK).is_dir()


def _take_archive(work: Path, url: str, md5: str) -> None:
    """Put the verified archive into the work folder, unless it is there already."""
    target = work / ARCHIVE
    if target.exists() and md5_of(target) == md5:
        return
    partial = work / f"{ARCHIVE}.partial"
    try:
        _fetch(url, partial)
        if (got := md5_of(partial)) != md5:
            raise OSError(f"{url} has MD5 {got}, expected {md5}")
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


def _fetch(url: str, target: Path) -> None:
    deadline = time.monotonic() + TOTAL_SECONDS
    with urllib.request.urlopen(url, timeout=SILENCE_SECONDS) as response, target.open("wb") as file:
        size = int(response.headers.get("Content-Length") or 0)
        with progress(f"downloading {url}", total=size) as advance:
            while block := response.read1(_BLOCK):
                file.write(block)
                advance(len(block))
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not finished after {TOTAL_SECONDS} s")
        if file.tell() < size:
            raise ConnectionError(f"the connection broke after {file.tell()} of {size} bytes")
