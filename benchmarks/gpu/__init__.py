"""netlang beside torch and JAX on a GPU; `python -m benchmarks.gpu --help` tells how to run it."""
