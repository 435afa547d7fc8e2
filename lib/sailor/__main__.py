"""``python -m lib.sailor serve`` and ``python -m lib.sailor service METHOD``."""

import os
import sys

from lib.sailor.serve import serve
from lib.sailor.service import service

if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or [""]
    if command == "serve":
        sys.exit(serve(os.environ))
    if command == "service" and arguments:
        sys.exit(service(arguments[0], os.environ))
    sys.exit(__doc__)
