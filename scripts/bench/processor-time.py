"""Runs a command, and prints on standard error how many seconds it took, the most memory in KiB that one of its processes had, and, as the
last line, the seconds of processor time that it and all that it started took: also processes that outlived it, which `time` does not count.
Linux only.

Usage: python3 scripts/bench/processor-time.py COMMAND…
"""

import ctypes
import os
import resource
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36

ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
started = time.monotonic()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.monotonic() - started
while True:
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        break
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(seconds, used.ru_maxrss, used.ru_utime + used.ru_stime, sep='\n', file=sys.stderr)
sys.exit(status)
