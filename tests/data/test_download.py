"""The download, from a server of this test: whole or not at all, within its time, leftovers mended."""

import hashlib
import pickle
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from pipeline.data import cifar10, download
from pipeline.data.download import DownloadError


@pytest.fixture
def archive(batches, tmp_path, monkeypatch):
    """The bytes of an archive of the small batches, which torchvision takes for the real one."""
    from torchvision.datasets import CIFAR10

    folder = batches[0] / cifar10.FOLDER
    meta = pickle.dumps({"label_names": list("abcdefghij")})
    (folder / "batches.meta").write_bytes(meta)
    path = tmp_path / "made.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, arcname=cifar10.FOLDER)
    content = path.read_bytes()
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(content).hexdigest())
    monkeypatch.setattr(CIFAR10, "train_list", [[name, cifar10.MD5[name]] for name in cifar10.TRAIN])
    monkeypatch.setattr(CIFAR10, "test_list", [[cifar10.TEST, cifar10.MD5[cifar10.TEST]]])
    meta_entry = {"filename": "batches.meta", "key": "label_names", "md5": hashlib.md5(meta).hexdigest()}
    monkeypatch.setattr(CIFAR10, "meta", meta_entry)
    return content


@pytest.fixture
def serve(monkeypatch):
    """serve(answer): a server on this machine that answers with `answer(handler)` and counts the requests."""
    from torchvision.datasets import CIFAR10

    servers = []

    def start(answer):
        requests = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append(self.path)
                answer(self)

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{server.server_port}/{download.ARCHIVE}")
        return requests

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sends(content, length=None, then=lambda: None):
    """An answer with this content, which promises `length` bytes and does `then` before it closes."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(length or len(content)))
        handler.end_headers()
        handler.wfile.write(content)
        handler.wfile.flush()
        then()

    return answer


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_a_download_gives_the_batches_and_nothing_else(archive, serve, target, batches):
    serve(sends(archive))
    dataset = cifar10.load(download.download(target), why="a test")
    np.testing.assert_array_equal(dataset.train_images, batches[1][:50])
    assert [path.name for path in target.iterdir()] == [cifar10.FOLDER]


def test_half_an_archive_of_an_earlier_download_is_mended(archive, serve, target):
    partial = target / download.WORK / f"{download.ARCHIVE}.partial"
    partial.parent.mkdir()
    partial.write_bytes(archive[: len(archive) // 2])
    assert download.begun(target)
    serve(sends(archive))
    cifar10.load(download.download(target), why="a test")
    assert [path.name for path in target.iterdir()] == [cifar10.FOLDER]


def test_half_an_extraction_is_mended_without_the_network(archive, serve, target):
    requests = serve(sends(b""))
    (target / download.WORK).mkdir()
    (target / download.WORK / download.ARCHIVE).write_bytes(archive)
    (target / cifar10.FOLDER).mkdir()
    (target / cifar10.FOLDER / "data_batch_1").write_bytes(b"half")
    cifar10.load(download.download(target), why="a test")
    assert requests == []


def test_an_archive_of_the_users_own_is_neither_used_up_nor_deleted(archive, serve, target):
    (target / download.ARCHIVE).write_bytes(b"mine")
    assert not download.begun(target)
    serve(sends(archive))
    download.download(target)
    assert (target / download.ARCHIVE).read_bytes() == b"mine"


def test_a_broken_connection_leaves_no_batches_and_says_how_far_it_came(archive, serve, target):
    serve(sends(archive[:5000], length=len(archive)))
    with pytest.raises(DownloadError, match=rf"the connection broke after 5000 of {len(archive)} bytes"):
        download.download(target)
    assert list(target.iterdir()) == []


def test_another_file_than_the_published_one_is_refused(archive, serve, target):
    serve(sends(archive[:-1] + b"x"))
    with pytest.raises(DownloadError, match=r"MD5 [0-9a-f]{32}, expected"):
        download.download(target)
    assert list(target.iterdir()) == []


def test_a_silent_server_is_given_up(archive, serve, target, monkeypatch):
    monkeypatch.setattr(download, "SILENCE_SECONDS", 0.2)
    answered = threading.Event()
    serve(sends(archive[:100], length=len(archive), then=lambda: answered.wait(20)))
    begin = time.monotonic()
    with pytest.raises(DownloadError, match="timed out"):
        download.download(target)
    answered.set()
    assert time.monotonic() - begin < 10
    assert list(target.iterdir()) == []


def test_a_server_that_drips_is_given_up(archive, serve, target, monkeypatch):
    monkeypatch.setattr(download, "TOTAL_SECONDS", 0)
    serve(sends(archive))
    with pytest.raises(DownloadError, match="not finished after 0 s"):
        download.download(target)


def test_an_error_of_the_server_is_told(archive, serve, target):
    serve(lambda handler: handler.send_error(404))
    with pytest.raises(DownloadError, match="Not Found"):
        download.download(target)


def test_no_server_is_told(archive, serve, target, monkeypatch):
    from torchvision.datasets import CIFAR10

    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/archive")
    with pytest.raises(DownloadError, match="refused"):
        download.download(target)


def test_a_folder_that_cannot_be_made_is_told(archive, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match=r"Not a directory|File exists"):
        download.download(tmp_path / "file" / "data")
