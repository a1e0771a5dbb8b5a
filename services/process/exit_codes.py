"""Exit codes of the commands. Source: CONTRACT section 7."""

OK = 0
UNWELL = 1
"""``acm2 doctor`` has found something to mend."""
COMPLETED_WITH_ERRORS = 3
FAILED = 4
CANCELLED = 5
INTERRUPTED = 6
USAGE = 64
UNREACHABLE = 69
INTERNAL = 70
HELD = 73
STORAGE = 74
"""The service's own data cannot be used: a damaged or foreign file, a folder that cannot be written. Of a command: its
output cannot be written."""
CTRL_C = 130
READER_LEFT = 141
"""Nobody read the output to its end, so nobody was told how the run ended; what a shell says of SIGPIPE."""
