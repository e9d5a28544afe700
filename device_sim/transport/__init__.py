"""Brings the recorders' messages to a broker or into a trace file: connections, load, network conditions."""
