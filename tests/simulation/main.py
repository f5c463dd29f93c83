"""cumulo-simulate: random schedules of user calls under faults, one per seed, on all cores.

    cumulo-simulate --seeds 1000 --from 0     stops where it is told to; says where to go on
    cumulo-simulate --seeds 1 --from 4711 --trace     the whole trace of one run
    cumulo-simulate --seeds 1 --from 4711 --keep lost_claim     writes its smallest plan as a regression test

Ends with 1 when a seed failed; each failing seed is shrunk and told first.
"""

import argparse
import collections
import multiprocessing
import os
import pathlib
import sys
import time
from collections.abc import Sequence

from tests.simulation import plan, run, shrink
from tests.simulation.cloud import clean_up, make_state_directory
from tests.simulation.run import Outcome

REGRESSIONS = pathlib.Path(__file__).parent / "regressions"
CHUNK = 10
CHUNKS_PER_PROCESS = 100  # then a new one: what libraries remember of each run grows by some 40 KiB
TOLD = 5  # failing seeds that are shrunk and told; the others are only named


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _parse(arguments)
    _same_hashes_everywhere()
    make_state_directory()  # before the processes divide, so that what they keep there ends with this one
    began = time.monotonic()
    failed: list[int] = []
    totals: collections.Counter[str] = collections.Counter()
    done = 0
    with multiprocessing.Pool(options.jobs, maxtasksperchild=CHUNKS_PER_PROCESS) as pool:
        seeds = range(options.first, options.first + options.seeds)
        for seed, count, switches in pool.imap(_judge, seeds, chunksize=CHUNK):
            done += 1
            totals["switches"] += switches
            if count:
                failed.append(seed)
                print(f"seed {seed}: {count} findings", flush=True)
                if len(failed) >= options.stop_after:
                    break
            if done % 1000 == 0:
                print(f"{done} seeds, {len(failed)} failed, go on with --from {seed + 1}", flush=True)
    took_s = time.monotonic() - began
    for seed in failed[:TOLD]:
        outcome = shrink.shrink(run.run(plan.make(seed)), run.run)
        print(shrink.report(outcome), flush=True)
        if options.keep:
            REGRESSIONS.mkdir(exist_ok=True)
            (REGRESSIONS / f"{options.keep}.json").write_text(plan.to_json(outcome.plan))
    if options.trace:
        print("\n".join(run.run(plan.make(options.first)).lines))
    clean_up()
    print(f"{done} seeds, {len(failed)} failed, {totals['switches']} switches, {done / took_s:.1f} seeds/s "
          f"on {options.jobs} cores; go on with --from {options.first + done}")
    return 1 if failed else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cumulo-simulate", description="Run the whole cloud under faults, by seed.")
    parser.add_argument("--seeds", type=int, default=500, help="how many")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once; one per core")
    parser.add_argument("--stop-after", type=int, default=20, help="failures after which no further seed is tried")
    parser.add_argument("--trace", action="store_true", help="print the whole trace of the first seed")
    parser.add_argument("--keep", default="", help="write the smallest failing plan as a regression test of this name")
    return parser.parse_args(arguments)


def _same_hashes_everywhere() -> None:
    """Start again with fixed string hashes: else the order of a set would differ from run to run."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.main", *sys.argv[1:]])


def _judge(seed: int) -> tuple[int, int, int]:
    outcome: Outcome = run.run(plan.make(seed))
    return seed, len(outcome.findings), outcome.switches


if __name__ == "__main__":
    sys.exit(main())
