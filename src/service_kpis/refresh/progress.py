"""How far a refresh is: a bar in a terminal, a line now and then in a log."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_LINE_EVERY_SECONDS = 60.0


class Silence:
    """Says nothing."""

    def phase(self, text: str) -> None:
        """A part of the work begins."""

    def step(self, done: int, total: int) -> None:
        """A step of that part begins."""


class Bar(Silence):
    """A bar on a terminal."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def phase(self, text: str) -> None:
        """A part of the work begins."""
        self._progress.update(self._task, description=text, completed=0, total=None)

    def step(self, done: int, total: int) -> None:
        """A step of that part begins."""
        self._progress.update(self._task, completed=done, total=total)


class Lines(Silence):
    """A line for each part of the work, and one a minute while it lasts."""

    def __init__(self, console: Console):
        self._console = console
        self._phase = ""
        self._started = self._said = time.monotonic()

    def phase(self, text: str) -> None:
        """A part of the work begins."""
        self._phase = text
        self._say(text)

    def step(self, done: int, total: int) -> None:
        """A step of that part begins."""
        if time.monotonic() - self._said >= _LINE_EVERY_SECONDS:
            self._say(f"{self._phase}: {done} of {total} steps")

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        self._console.print(f"{self._said - self._started:6.0f} s  {text}", soft_wrap=True, markup=False)


@contextlib.contextmanager
def narrate(console: Console, *, quiet: bool) -> Iterator[Silence]:
    """Gives what is told how far the work is.

    Args:
        console: where it says so.
        quiet: say nothing.
    """
    if quiet:
        yield Silence()
    elif not console.is_terminal:
        yield Lines(console)
    else:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            yield Bar(progress)
