"""Ingest, around its steps: how a process that writes batches looks after its memory."""

import gc


def tune_collector() -> None:
    """Let the cycle collector look less often: a batch is thousands of objects and no cycles."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
