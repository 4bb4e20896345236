"""Benchmarks of Quoll beside its peers, on one machine, in one run."""
