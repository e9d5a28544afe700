"""From a simulated recorder to a broker or a trace file: connections, load, network conditions."""
