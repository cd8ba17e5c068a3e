"""`python -m netlang` is `netlang`."""

import sys

from netlang.commands import main

if __name__ == "__main__":
    sys.exit(main())
