"""The benchmark: `make bench SIZE=1m`. What it measures and how is told in docs/performance.md."""
