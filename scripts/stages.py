"""Runs make targets one after the other, stops at the first that fails, and closes with a line for each.

Standard library only: it starts before any environment exists.
"""

from __future__ import annotations

import subprocess
import sys
import time


def main() -> int:
    results: list[tuple[str, str, float]] = []
    status = 0
    for stage in sys.argv[1:]:
        if status:
            results.append((stage, "not run", 0.0))
            continue
        print(f"\n=== {stage} ===", flush=True)
        started = time.monotonic()
        status = subprocess.run(["make", stage], check=False).returncode
        results.append((stage, "FAILED" if status else "passed", time.monotonic() - started))
    print(f"\n=== make test: {'FAILED' if status else 'passed'} ===")
    for stage, result, seconds in results:
        print(f"{stage:<16}{result:<10}{seconds:7.1f} s")
    return status


if __name__ == "__main__":
    sys.exit(main())
