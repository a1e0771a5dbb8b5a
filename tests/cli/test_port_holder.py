"""A port that is taken: found, and where Linux lets us, with who has it."""

import os
import socket
import sys
from pathlib import Path

import pytest

from services.cli.errors import WrongUsage
from services.cli.processes.data_dir_of import data_dir_of
from services.cli.processes.port_holder import free_port, holder, is_taken, listening_inodes

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F42 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100 0 0 10 0
   1: 0100007F:1F42 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000 100 0 0 10 0
   2: 0100007F:1F43 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000 100 0 0 10 0
"""


def test_a_listener_takes_its_port_and_gives_it_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert is_taken("127.0.0.1", port)
    assert not is_taken("127.0.0.1", port)
    assert not is_taken("127.0.0.1", free_port("127.0.0.1"))


def test_one_that_listens_everywhere_takes_the_port_of_loopback_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert is_taken("0.0.0.0", taken.getsockname()[1])


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(WrongUsage, match=r"192\.0\.2\.1"):
        is_taken("192.0.2.1", 8003)


def test_only_listeners_of_that_port_are_meant() -> None:
    assert listening_inodes(TABLE, 8002) == {"4711"}
    assert listening_inodes(TABLE, 9) == set()
    assert listening_inodes("", 8002) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_holder_is_named_with_its_command() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = holder(taken.getsockname()[1])
    assert found is not None
    assert f"process {os.getpid()} (" in found


def test_a_data_folder_is_the_one_the_process_was_told(tmp_path: Path) -> None:
    for pid, arguments, variables in (
        ("1", ["acm2", "serve", "--data-dir", "mine"], ["ACM2_DATA_DIR=/other"]),
        ("2", ["acm2", "serve"], ["HOME=/home/me", "ACM2_DATA_DIR=/srv/acm2"]),
        ("3", ["acm2", "serve"], ["HOME=/home/me"]),
    ):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_text("\0".join(arguments))
        (tmp_path / pid / "environ").write_text("\0".join(variables))
        (tmp_path / pid / "cwd").symlink_to("/home/me")
    found = [data_dir_of(pid, proc=tmp_path) for pid in (1, 2, 3, 4)]
    assert found == [Path("/home/me/mine"), Path("/srv/acm2"), None, None]


def test_where_nothing_can_be_read_nobody_is_named(tmp_path: Path) -> None:
    assert holder(8002, proc=tmp_path) is None
