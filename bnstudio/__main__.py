"""``python -m bnstudio``."""

import sys

from bnstudio.main import main

if __name__ == "__main__":
    sys.exit(main())
