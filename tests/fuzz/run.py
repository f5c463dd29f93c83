"""Fuzzes every API: python -m tests.fuzz.run --requests 100000 --seed 1

The requests are sent in rounds, each to a new cloud and from a seed of its own (--seed, --seed + 1, ...), so a run
that was broken off goes on with --seed and --requests of what is left, and a failure is repeated by its round alone:
--seed N --requests ROUND. CUMULO_TEST_DATABASE_URL names another database than SQLite; it takes one worker.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import sys
import time

from tests.fuzz import rounds

ROUND = 2000


def main() -> int:
    """Run the rounds; 1 when anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--family", action="append", choices=rounds.FAMILIES)
    parser.add_argument("--workers", type=int, default=1 if os.environ.get("CUMULO_TEST_DATABASE_URL")
                        else os.cpu_count())
    asked = parser.parse_args()
    families = tuple(asked.family or rounds.FAMILIES)
    counts = [min(ROUND, asked.requests - done) for done in range(0, asked.requests, ROUND)]
    whole, began = rounds.Tally(), time.monotonic()
    spawn = multiprocessing.get_context("spawn")  # a forked child would share the database driver's state
    with concurrent.futures.ProcessPoolExecutor(asked.workers, mp_context=spawn) as workers:
        running = {workers.submit(rounds.run, asked.seed + index, count, families): asked.seed + index
                   for index, count in enumerate(counts)}
        for done in concurrent.futures.as_completed(running):
            tally = done.result()
            whole.add(tally)
            print(f"seed {running[done]}: {tally.requests} requests in {tally.seconds:.1f} s, "
                  f"{len(tally.failures)} failures", flush=True)
            for failure in tally.failures:
                print(failure, flush=True)
    report(whole, time.monotonic() - began)
    return 1 if whole.failures else 0


def report(whole: rounds.Tally, took_s: float) -> None:
    """Print what was sent and what came back."""
    print(f"{whole.requests} requests in {took_s:.1f} s: {whole.requests / took_s:.0f} a second; "
          f"slowest {whole.slowest_s:.2f} s; {len(whole.failures)} failures")
    for family, count in sorted(whole.families.items()):
        statuses = {name.partition(" ")[2]: number for name, number in sorted(whole.statuses.items())
                    if name.startswith(f"{family} ")}
        print(f"  {family}: {count} requests, answers {statuses}")
    print(f"  {len(whole.reached)} operations reached with success")
    if whole.unreached:
        print(f"  never reached: {', '.join(sorted(whole.unreached))}")


if __name__ == "__main__":
    sys.exit(main())
