"""Random draws that are a function of (seed, name of the draw, row number) and of nothing else.

A row's draws do not depend on how many rows there are, on the order in which they are made, on chunks or
on threads; a new draw leaves all others as they were. Only integer arithmetic and IEEE addition and
multiplication are used, so that the bytes are the same on every processor and with every version of numpy.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_QUANTILES = 4096


@cache
def _normal_quantiles() -> FloatArray:
    normal = NormalDist()
    # Rounded: the last bits of a quantile are the C library's own.
    return np.array([round(normal.inv_cdf((k + 0.5) / _QUANTILES), 9) for k in range(_QUANTILES)])


@cache
def _lognormal_factors(sigma: float) -> FloatArray:
    return np.array([round(math.exp(sigma * float(z)), 9) for z in _normal_quantiles()])


@cache
def _exponential_factors() -> FloatArray:
    return np.array([round(-math.log(1 - (k + 0.5) / _QUANTILES), 9) for k in range(_QUANTILES)])


class Draws:
    """Draws of one seed. `rows` are row numbers (int64) of any shape; results have the same shape."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[str, np.uint64] = {}

    def _key(self, name: str) -> np.uint64:
        if name not in self._keys:
            digest = hashlib.sha256(f"{self._seed}/{name}".encode()).digest()
            self._keys[name] = np.uint64(int.from_bytes(digest[:8], "little"))
        return self._keys[name]

    def bits(self, name: str, rows: IntArray) -> NDArray[np.uint64]:
        """64 random bits a row (the splitmix64 generator, Steele et al. 2014, entered at row's position)."""
        state = np.asarray(rows).astype(np.uint64)
        state *= np.uint64(0x9E3779B97F4A7C15)
        state += self._key(name)
        state ^= state >> np.uint64(30)
        state *= np.uint64(0xBF58476D1CE4E5B9)
        state ^= state >> np.uint64(27)
        state *= np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
        return state

    def uniform(self, name: str, rows: IntArray) -> FloatArray:
        """Uniform in [0, 1)."""
        return (self.bits(name, rows) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, name: str, rows: IntArray, probability: float | FloatArray) -> BoolArray:
        """True with the given probability (one for all, or one a row)."""
        return self.uniform(name, rows) < probability

    def below(self, name: str, rows: IntArray, limit: int | IntArray) -> IntArray:
        """A whole number from 0 to limit - 1."""
        return (self.uniform(name, rows) * limit).astype(np.int64)

    def pick(self, name: str, rows: IntArray, weights: Sequence[int]) -> IntArray:
        """Position in `weights` (whole numbers), as likely as its weight."""
        edges = np.cumsum(np.array(weights, dtype=np.int64))
        return np.searchsorted(edges, self.below(name, rows, int(edges[-1])), side="right")

    def normal(self, name: str, rows: IntArray) -> FloatArray:
        """Standard normal, in 4,096 steps."""
        return _normal_quantiles()[(self.bits(name, rows) >> np.uint64(52)).astype(np.int64)]

    def seconds(self, name: str, rows: IntArray, median: float | FloatArray, sigma: float) -> IntArray:
        """Lognormal duration in whole seconds, at least 1: `median` in seconds, `sigma` of its logarithm."""
        factors = _lognormal_factors(sigma)[(self.bits(name, rows) >> np.uint64(52)).astype(np.int64)]
        return np.maximum((factors * median).astype(np.int64), 1)

    def exponential(self, name: str, rows: IntArray, mean: float | FloatArray) -> FloatArray:
        """Exponential with the given mean."""
        return _exponential_factors()[(self.bits(name, rows) >> np.uint64(52)).astype(np.int64)] * mean
