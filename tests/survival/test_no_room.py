"""A disk that is full, files that may not grow: said in words, and it goes on."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.installation import Installation
from tests.survival.conftest import Undisturbed
from tests.survival.disturbed import assert_as_undisturbed, night, put_back

pytestmark = pytest.mark.slow
MEGABYTE = 1024 * 1024
REMEDY = "make room where FUNNELHOUSE_DATA lies. What was published stands"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of 250 MB."""
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=250m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill_up(disk: Path, room: int) -> Path:
    """Leave so many bytes of room."""
    statistics = os.statvfs(disk)
    taken = disk / "taken"
    taken.write_bytes(bytes(statistics.f_bavail * statistics.f_frsize - room))
    return taken


def assert_refused_in_words(at: Installation, code: int, said: str) -> None:
    assert code == 1, said
    assert REMEDY in said
    assert "Traceback" not in said
    assert at.paths.current.resolve().name == "g000001"


@pytest.mark.parametrize("room", [MEGABYTE // 4, 3 * MEGABYTE, 9 * MEGABYTE])
def test_a_full_disk_keeps_what_is_published_and_room_lets_it_go_on(
    undisturbed: Undisturbed, disk: Path, room: int
) -> None:
    at = Installation(disk)
    put_back(at, undisturbed.kept)
    shutil.copyfile(undisturbed.at.paths.salt, at.paths.salt)
    taken = fill_up(disk, room)
    assert_refused_in_words(at, *night(at))
    taken.unlink()
    code, said = night(at)
    assert code == 0, said
    assert_as_undisturbed(at, undisturbed.state)


def test_a_limit_on_the_size_of_files_is_told_and_goes_on_without_it(
    undisturbed: Undisturbed,
) -> None:
    at = undisturbed.again()
    limit = (2 * MEGABYTE, resource.RLIM_INFINITY)

    def hold_down() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    assert_refused_in_words(at, *night(at, hold_down))
    code, said = night(at)
    assert code == 0, said
    assert_as_undisturbed(at, undisturbed.state)
