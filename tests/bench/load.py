"""The publishing side of the benchmark as a process: a blast, and one JSON object about it.

    python tests/bench/load.py --port P --recorders R --messages M [--rate R]
"""

import argparse
import json
import sys

import uvloop

from device_sim.blast import BlastSettings, run_blast
from device_sim.link import BrokerAddress


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--recorders", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--prefix", default="B")
    words = parser.parse_args()
    settings = BlastSettings(words.recorders, words.messages, rate=words.rate, prefix=words.prefix)
    result = uvloop.run(run_blast(settings, BrokerAddress("127.0.0.1", words.port)))
    json.dump(
        {
            "published": result.published,
            "acknowledged": result.acknowledged,
            "births": result.births,
            "seconds": result.seconds,
            "started_at": result.started_at,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
