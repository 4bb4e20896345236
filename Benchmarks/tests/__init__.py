"""The harness's own tests: no server, no peer. `Benchmarks/run --check`."""
