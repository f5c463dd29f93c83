"""A service that only asks: it calls what no process of a cloud with fake drivers calls by itself.

`python -m tests.crash.asker CONFIG [TARGET METHOD ARGUMENTS]...` follows the crash plan like every service, so that
the asking side of those messages can die too. It ends with 0 when every call was answered, and is run again until then.
"""

import json
import sys
import warnings

from cumulo.cloud.options_all import PARTS
from cumulo.common import config, errors
from cumulo.common.runtime import Runtime

CAST = "ring"


def main() -> int:
    """Make every call; 1 when one was not answered."""
    warnings.simplefilter("ignore")
    file, *words = sys.argv[1:]
    runtime = Runtime.create(config.load([file], registrations=PARTS), identity="asker")
    try:
        for target, method, arguments in zip(words[::3], words[1::3], words[2::3], strict=True):
            if method == CAST:
                runtime.bus.cast(target, method, json.loads(arguments))
            else:
                runtime.bus.call(target, method, json.loads(arguments), timeout_s=5)
    except errors.CumuloError as failure:
        print(f"not answered: {failure.message}", file=sys.stderr)
        return 1
    finally:
        runtime.bus.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
