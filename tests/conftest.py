"""What every test runs under."""

from __future__ import annotations

import os

os.environ["MPLBACKEND"] = "Agg"  # figures go to files, never to a window
