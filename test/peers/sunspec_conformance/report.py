"""What a procedure found: one JSON line each."""

import json
import sys
import threading
import time
import traceback
from collections import Counter

LINE = threading.Lock()


def emit(value):
    with LINE:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


class Report:
    """One procedure on one DER. Failures are words; counts say how much was tried."""

    MOST = 25

    def __init__(self, test, der):
        self.id = test
        self.der = der
        self.counts = Counter()
        self.failures = []
        self.absent = ""
        self.began = time.monotonic()
        self.more = 0

    def check(self, good, text):
        """Takes note of a failure; `text` may be a function that makes it."""
        if not good:
            if len(self.failures) < self.MOST:
                self.failures.append(text() if callable(text) else text)
            else:
                self.more += 1
        return good

    def not_applicable(self, why):
        self.absent = why

    def end(self):
        if self.more:
            self.failures.append(f"and {self.more} more")
        emit({
            "id": self.id,
            "der": self.der,
            "failures": self.failures,
            "counts": dict(self.counts),
            "absent": self.absent,
            "seconds": round(time.monotonic() - self.began, 2),
        })  # fmt: skip

    def crash(self):
        """The exception being handled is a failure."""
        error = sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
        self.failures.append(f"{type(error).__name__}: {error} ({where})")
