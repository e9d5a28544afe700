"""The publishing side of the benchmark as a process: a load, and one JSON object about it.

python tests/bench/load.py --port P --recorders R --messages M [--rate R] [--burst B]
"""

import argparse
import json
import resource
import sys

import uvloop
from bench.parent_death import end_with_parent

from device_sim.transport.load_generator import LoadSettings, run_load
from device_sim.transport.mqtt5_client import BrokerAddress


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--recorders", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--burst", type=int, default=1)
    words = parser.parse_args()
    end_with_parent()
    settings = LoadSettings(words.recorders, words.messages, rate=words.rate, burst=words.burst)
    result = uvloop.run(run_load(settings, BrokerAddress("127.0.0.1", words.port)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    report = {
        "published": result.published + result.births,
        "acknowledged": result.acknowledged,
        "seconds": result.seconds,
        "started_at": result.started_at,
        "behind_s": result.counters.behind_s,
        "cpu_s": used.ru_utime + used.ru_stime,
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
