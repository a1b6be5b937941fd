"""``python -m emcomm``: the command line."""

from __future__ import annotations

import sys

from emcomm.cli import main

if __name__ == "__main__":
    sys.exit(main())
