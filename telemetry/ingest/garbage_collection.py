"""Ingest: garbage collector tuning for processes that write batches."""

import gc


def tune_collector() -> None:
    """Run the cycle collector less often: a batch holds thousands of objects and no cycles."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
