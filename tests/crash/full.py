"""`python -m tests.crash.full`: every flow, and every commit and message of every service.

    python -m tests.crash.full                                 about ten minutes on two cores
    python -m tests.crash.full --flow build_server             one flow and what it passes
    python -m tests.crash.full --flow build_server --only "step boot do after"
                                                               one death only: to reproduce a failure
"""

import argparse
import sys

from cumulo.common.flows import FLOWS
from tests.crash import suite


def main() -> int:
    """Run and print the count; 1 when a boundary was not hit or anything was left over."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.full", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", action="append", choices=sorted(FLOWS), help="only this flow; may be repeated")
    parser.add_argument("--tour", action="store_true", help="no flow: only the requests of every API")
    parser.add_argument("--only", default="", metavar="TEXT", help="die only at boundaries whose name has this text")
    parser.add_argument("--keep", action="store_true", help="keep logs and plan, and say where they are")
    arguments = parser.parse_args()
    outcome = suite.run(arguments.flow or (() if arguments.tour else tuple(FLOWS)), whole=not arguments.flow, only=arguments.only,
                        keep=arguments.keep)
    print(outcome.report())
    return 1 if outcome.problems or (outcome.missed and not arguments.only) else 0


if __name__ == "__main__":
    sys.exit(main())
