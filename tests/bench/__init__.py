"""Benchmarks: ratios of this library against yardsticks, measured in one run."""
