"""Causes: from what was measured around a silence to why the recorder fell silent, with the evidence for and against."""
