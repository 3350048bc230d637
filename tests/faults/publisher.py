"""Publishes tiny versions until it is killed: `python -m tests.faults.publisher ROOT FIRST_NUMBER`.

Says on standard output, before and after each change of a name in the folder, which it is, and dwells there
for a moment, so that kills fall there too.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.tiny import publish_one

DWELL_SECONDS = 0.01


def announced(step: str, change: Callable[..., Any]) -> Callable[..., Any]:
    """The change of a name, announced."""

    def announce(path: Path, *arguments: Any, **options: Any) -> Any:
        os.write(1, f"before {step} {path.name}\n".encode())
        time.sleep(random.uniform(0, DWELL_SECONDS))
        result = change(path, *arguments, **options)
        os.write(1, f"after {step} {path.name}\n".encode())
        time.sleep(random.uniform(0, DWELL_SECONDS))
        return result

    return announce


def main() -> None:
    """Publish, again and again."""
    Path.symlink_to = announced("link", Path.symlink_to)  # type: ignore[method-assign]
    Path.replace = announced("replace", Path.replace)  # type: ignore[method-assign]
    Path.rename = announced("rename", Path.rename)  # type: ignore[method-assign]
    root, number = Path(sys.argv[1]), int(sys.argv[2])
    while True:
        publish_one(root, number)
        os.write(1, f"published {number}\n".encode())
        number += 1


if __name__ == "__main__":
    main()
