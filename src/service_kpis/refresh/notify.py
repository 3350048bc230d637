"""Telling others: a JSON document to a web address or to a command."""

import json
import shlex
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from service_kpis.errors import UserError

TIMEOUT_SECONDS = 30


def check_receiver(receiver: str) -> None:
    """Looks whether something can be told to this receiver at all.

    Raises:
        UserError: it is neither a web address nor a command.
    """
    if is_address(receiver):
        if not urlsplit(receiver).hostname:
            raise UserError(f"--notify {receiver!r} names no host: write it as https://example.com/path.")
        return
    try:
        words = shlex.split(receiver)
    except ValueError as error:
        raise UserError(f"--notify {receiver!r} is no command: {str(error).lower()}.") from error
    if not words:
        raise UserError("--notify is empty: give it a web address, or a command that reads JSON.")


def is_address(receiver: str) -> bool:
    """Is it a web address? Anything else is a command."""
    return receiver.startswith(("http://", "https://"))


def notify(receivers: Iterable[str], document: Mapping[str, Any]) -> list[str]:
    """Tells each receiver.

    Args:
        receivers: web addresses, which get a POST, and commands, which get the document on standard input.
        document: what to tell.

    Returns:
        One line for each receiver that could not be told; the others were told all the same. An address is
        named by its host alone, because the rest of it is often a secret.
    """
    text = json.dumps(document, default=str).encode()
    failures = []
    for receiver in receivers:
        try:
            if is_address(receiver):
                _post(receiver, text)
            else:
                _run(receiver, text)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            failures.append(f"{_name(receiver)} could not be notified: {_reason(error)}.")
    return failures


def _post(address: str, text: bytes) -> None:
    request = urllib.request.Request(  # the scheme was looked at: http or https
        address,
        data=text,
        headers={"Content-Type": "application/json", "User-Agent": "service-kpis"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        answer.read(1024)


def _run(command: str, text: bytes) -> None:
    subprocess.run(
        shlex.split(command),
        input=text,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=TIMEOUT_SECONDS,
        check=True,
    )


def _name(receiver: str) -> str:
    return str(urlsplit(receiver).hostname) if is_address(receiver) else shlex.split(receiver)[0]


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took more than {TIMEOUT_SECONDS} s"
    if isinstance(error, subprocess.CalledProcessError):
        said = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        return f"exit code {error.returncode}" + (f" ({said[-1][:200]})" if said else "")
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code}"
    if isinstance(error, urllib.error.URLError):
        return str(getattr(error.reason, "strerror", None) or error.reason).lower()
    return str(getattr(error, "strerror", None) or error).lower()
