"""`python -m netlang` is `netlang`."""

import sys

from netlang.commands import script

if __name__ == "__main__":
    sys.exit(script())
