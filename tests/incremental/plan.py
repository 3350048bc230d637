"""A plan: which company, and what each later load brings, as one line of text.

`2 / @3 late:17 version:5 / @1 again:9` is the company of seed 2 and two loads after the first. The loads are
delivered in the order of the line; @3 and @1 say that the rows of the second one were loaded before those of
the first. Each change is a kind of `changes.py` and its dice.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .changes import KINDS, SELDOM

COMPANIES = (2, 5)


@dataclass(frozen=True)
class Load:
    """What one load brings: changes as pairs of a kind and dice; rank: its place by loaded_at."""

    rank: int
    changes: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return " ".join([f"@{self.rank}", *(f"{kind}:{dice}" for kind, dice in self.changes)])


@dataclass(frozen=True)
class Plan:
    """A company and the loads after its first one."""

    company: int
    loads: tuple[Load, ...]

    def __str__(self) -> str:
        return " / ".join([str(self.company), *map(str, self.loads)])


def plan_of_text(words: str) -> Plan:
    """The plan of a line of text. ValueError if it is none."""
    company, *parts = words.split("/")
    loads = []
    for part in parts:
        rank, *changes = part.split()
        if not rank.startswith("@"):
            raise ValueError(f"a load begins with its rank, such as @1: {part.strip()}")
        pairs = []
        for change in changes:
            kind, _, dice = change.partition(":")
            if kind not in KINDS:
                raise ValueError(f"no kind of change {kind}, there are {', '.join(KINDS)}")
            pairs.append((kind, int(dice)))
        loads.append(Load(int(rank[1:]), tuple(pairs)))
    return Plan(int(company), tuple(loads))


def plan_of_seed(seed: int) -> Plan:
    """The plan of a seed."""
    rng = random.Random(f"plan {seed}")
    count = rng.choice((2, 3, 3, 4))
    weights = [1 if kind in SELDOM else 5 for kind in KINDS]
    ranks = rng.sample(range(1, count + 1), count)
    # Few changes a load: where everything is touched, nothing that should be is missed.
    loads = tuple(
        Load(
            rank,
            tuple(
                (rng.choices(list(KINDS), weights)[0], rng.randrange(1000))
                for _ in range(rng.choice((1, 2, 2, 3, 5)))
            ),
        )
        for rank in ranks
    )
    # First those that have all built anew: what an earlier run missed would be put right by them.
    loads = tuple(sorted(loads, key=lambda load: SELDOM.isdisjoint(kind for kind, _ in load.changes)))
    return Plan(rng.choice(COMPANIES), loads)
