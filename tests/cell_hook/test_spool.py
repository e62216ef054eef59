"""Where events wait: in memory, on disk, and in what dead sessions left."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cellpulse_hook import spool as spool_module
from cellpulse_hook import spool_file
from cellpulse_hook.spool import Spool
from cellpulse_hook.spool_folder import folder_of, leftovers, measure
from cellpulse_hook.uuid7 import uuid7

MB = 1_000_000


@pytest.fixture(name="open_spool")
def _open_spool(tmp_path: Path) -> Callable[..., Spool]:
    """Return a maker of spools of one student, each of a new session."""

    def make(limit_bytes: int = 50 * MB) -> Spool:
        return Spool(tmp_path, folder_of(tmp_path, "c", "s"), str(uuid7()), limit_bytes)

    return make


def _add(spool: Spool, count: int, text: str = "") -> None:
    for _ in range(count):
        spool.append('{"type":"cell_run",', {"error_message": text})


def _numbers(waiting: Any) -> list[int]:
    return [record.seq for record in waiting.waiting()]


def _files(root: Path) -> list[Path]:
    return sorted(root.glob("*/*"))


def test_an_event_is_on_disk_before_append_returns(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    """Events are numbered from 1, and each is a line of the file at once."""
    spool = open_spool()
    _add(spool, 2, "ä\u2028\udcff")
    (file,) = _files(tmp_path)
    lines = [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]
    assert [line["seq"] for line in lines] == [1, 2]
    assert lines[0]["error_message"] == "ä\u2028\udcff"


def test_what_is_acknowledged_is_not_left(open_spool: Callable[..., Spool], tmp_path: Path) -> None:
    """A dead session leaves exactly the events that were not acknowledged, in order."""
    spool = open_spool()
    _add(spool, 5)
    spool.acknowledge(3)
    spool.close()
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == [4, 5]
    leftover.acknowledge(4)
    leftover.finish()
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == [5]
    leftover.acknowledge(5)
    leftover.finish()
    assert _files(tmp_path) == []


def test_a_file_is_emptied_once_all_is_acknowledged(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    """Nothing of what the server has stays on disk, and later events go on with the numbers."""
    spool = open_spool()
    _add(spool, 3)
    spool.acknowledge(3)
    (file,) = _files(tmp_path)
    assert file.read_bytes() == b""
    _add(spool, 1)
    assert _numbers(spool) == [4]
    assert b'"seq":4' in file.read_bytes()


def test_a_session_that_lives_is_not_touched(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    """Another kernel takes over nothing from a session that lives, even at the limit."""
    alive = open_spool()
    _add(alive, 3, "x" * 1_000)
    assert list(leftovers(folder_of(tmp_path, "c", "s"))) == []
    other = open_spool(limit_bytes=2_000)
    _add(other, 1)
    assert len(_files(tmp_path)) == 2
    assert _numbers(alive) == [1, 2, 3]


def test_another_students_leftovers_stay(open_spool: Callable[..., Spool], tmp_path: Path) -> None:
    """What another student or course left on the same machine is not sent for this one."""
    spool = open_spool()
    _add(spool, 1)
    spool.close()
    assert list(leftovers(folder_of(tmp_path, "c", "other"))) == []
    assert list(leftovers(folder_of(tmp_path, "other", "s"))) == []
    assert len(list(leftovers(folder_of(tmp_path, "c", "s")))) == 1


def test_torn_lines_are_skipped(open_spool: Callable[..., Spool], tmp_path: Path) -> None:
    """A line that a crash cut off, or that is no event, does not keep the others back."""
    spool = open_spool()
    _add(spool, 2)
    spool.close()
    (file,) = _files(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(b'\x00\x00\n[]\n{"seq":"x"}\n{}\n3\n' + whole + whole[:40])
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == [1, 2]


def test_what_a_newer_hook_left_stays_for_a_newer_hook(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    """A file of an unknown newer format is neither sent nor deleted; the others are sent."""
    for _ in range(2):
        spool = open_spool()
        _add(spool, 2)
        spool.close()
    newer, _ = _files(tmp_path)
    content = b'{"spool":2}\n' + newer.read_bytes()
    newer.write_bytes(content)
    for _ in range(2):
        (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
        assert _numbers(leftover) == [1, 2]
        leftover._file.close()
    assert newer.read_bytes() == content


def test_at_the_limit_the_oldest_go(open_spool: Callable[..., Spool], tmp_path: Path) -> None:
    """The spool never grows over its limit: the oldest events go, and their numbers are missing."""
    spool = open_spool(limit_bytes=100_000)
    for _ in range(300):
        _add(spool, 1, "x" * 1_000)
        assert sum(file.stat().st_size for file in _files(tmp_path)) <= 100_000
    numbers = _numbers(spool)
    assert numbers == list(range(numbers[0], 301))
    assert 60 <= len(numbers) < 100
    assert spool.dropped == numbers[0] - 1
    spool.close()
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == numbers


def test_at_the_limit_dead_sessions_go_first(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    """What the oldest dead sessions left makes room before this session's events do."""
    for _ in range(3):
        dead = open_spool()
        _add(dead, 30, "x" * 1_000)
        dead.close()
    spool = open_spool(limit_bytes=100_000)
    oldest, *_ = _files(tmp_path)
    _add(spool, 40, "x" * 1_000)
    assert not oldest.exists()
    assert len(_files(tmp_path)) == 2
    assert (len(_numbers(spool)), spool.dropped) == (40, 0)


def test_kernels_that_live_share_the_limit(
    open_spool: Callable[..., Spool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernels that run at once keep the limit together, each its part, without looking often."""
    looks = []
    monkeypatch.setattr(
        spool_module, "measure", lambda root, own: looks.append(own) or measure(root, own)
    )
    spools = [open_spool(limit_bytes=300_000) for _ in range(4)]
    for count in range(200, 1000, 100):
        for spool in spools:
            for _ in range(count // 10):
                _add(spool, 1, "x" * 1_000)
                assert sum(file.stat().st_size for file in _files(tmp_path)) <= 300_000
    kept = [len(_numbers(spool)) for spool in spools]
    assert min(kept) > 25
    assert sum(kept) > 180
    assert len(looks) < 4 * 440 / 4


def test_what_another_kernel_sent_makes_room(open_spool: Callable[..., Spool]) -> None:
    """Where another kernel's events are gone by now, none of this one's are dropped for them."""
    other, spool = open_spool(limit_bytes=100_000), open_spool(limit_bytes=100_000)
    _add(other, 60, "x" * 1_000)
    _add(spool, 20, "x" * 1_000)
    other.acknowledge(60)
    _add(spool, 50, "x" * 1_000)
    assert spool.dropped == 0


def test_an_overfull_folder_costs_no_more_than_the_overshoot(
    open_spool: Callable[..., Spool],
) -> None:
    """Beside a kernel that fills the limit alone, a session keeps a tenth, and looks seldom."""
    _add(open_spool(), 100, "x" * 1_000)
    spool = open_spool(limit_bytes=100_000)
    _add(spool, 50, "x" * 1_000)
    assert 7 <= len(_numbers(spool)) <= 9


def test_a_folder_that_is_deleted_is_made_again(
    open_spool: Callable[..., Spool], tmp_path: Path
) -> None:
    """Where the spool's folder goes in mid-session, the next event has all on disk again."""
    spool = open_spool()
    _add(spool, 2)
    shutil.rmtree(tmp_path / folder_of(tmp_path, "c", "s").name)
    _add(spool, 1)
    (file,) = _files(tmp_path)
    assert len(file.read_bytes().splitlines()) == 3
    shutil.rmtree(file.parent)
    spool.close()
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == [1, 2, 3]


def test_a_full_disk_is_survived(
    open_spool: Callable[..., Spool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk is full events wait in memory, and all are on disk once there is room."""
    spool = open_spool()
    _add(spool, 1)
    with monkeypatch.context() as full_disk:
        full_disk.setattr(spool_file.os, "write", lambda _, data: len(data) // 2)
        _add(spool, 2)
        assert spool.disk_problem is not None
        assert _numbers(spool) == [1, 2, 3]
    spool._retry_disk_at = 0.0
    _add(spool, 1)
    assert spool.disk_problem is None
    assert len(_files(tmp_path)) == 1
    spool.close()
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == [1, 2, 3, 4]


def test_an_unwritable_folder_is_survived(tmp_path: Path) -> None:
    """Where no file can be made, events are numbered and wait in memory."""
    (tmp_path / "a-file").write_text("")
    root = tmp_path / "a-file" / "spool"
    spool = Spool(root, folder_of(root, "c", "s"), "a-session", MB)
    _add(spool, 3)
    spool.acknowledge(1)
    assert _numbers(spool) == [2, 3]
    assert spool.disk_problem is not None
    spool.close()


def test_without_locks_old_files_count_as_dead(
    open_spool: Callable[..., Spool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where files can't be locked, only what nobody wrote to for a day is taken over."""
    monkeypatch.setattr(spool_file, "HAS_LOCKS", False)
    spool = open_spool()
    _add(spool, 2)
    spool.close()
    assert list(leftovers(folder_of(tmp_path, "c", "s"))) == []
    monkeypatch.setattr(spool_file, "_DEAD_AFTER_S", -1.0)
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == [1, 2]


def test_on_windows_an_open_file_is_alive(
    open_spool: Callable[..., Spool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where open files can't be renamed or deleted, that tells the living, and all is tidied up."""
    opened: set[int] = set()
    real_open, real_close, real_unlink = os.open, os.close, Path.unlink

    def hold(*args: Any) -> int:
        opened.add(descriptor := real_open(*args))
        return descriptor

    def release(descriptor: int) -> None:
        opened.remove(descriptor)
        real_close(descriptor)

    def is_open(path: Path) -> bool:
        return any(os.path.samestat(os.fstat(d), path.stat()) for d in opened)

    def rename(path: Path, _: Path) -> None:
        if is_open(path):
            raise PermissionError

    def unlink(path: Path) -> None:
        if is_open(path):
            raise PermissionError
        real_unlink(path)

    monkeypatch.setattr(spool_file, "HAS_LOCKS", False)
    monkeypatch.setattr(spool_file, "OPEN_FILES_STAY", True)
    monkeypatch.setattr(spool_file.os, "open", hold)
    monkeypatch.setattr(spool_file.os, "close", release)
    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(Path, "unlink", unlink)
    spool = open_spool()
    _add(spool, 2)
    assert list(leftovers(folder_of(tmp_path, "c", "s"))) == []
    spool.close()
    (leftover,) = leftovers(folder_of(tmp_path, "c", "s"))
    assert _numbers(leftover) == [1, 2]
    leftover.acknowledge(2)
    leftover.finish()
    assert _files(tmp_path) == []
    assert opened == set()


def test_a_request_is_short(open_spool: Callable[..., Spool]) -> None:
    """A batch is at most 200 events and 256 KiB, and at least one event."""
    spool = open_spool()
    _add(spool, 450)
    assert [record.seq for record in spool.oldest()] == list(range(1, 201))
    big = open_spool()
    _add(big, 3, "x" * 200_000)
    assert [record.seq for record in big.oldest()] == [1]
    huge = open_spool()
    _add(huge, 2, "x" * 300_000)
    assert [record.seq for record in huge.oldest()] == [1]
