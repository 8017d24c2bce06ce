"""Try the changes of modules and print what survived: python -m tests.mutation MODULE [CHANGE ...]"""

from __future__ import annotations

import sys

from tests.mutation.modules import EQUIVALENT, HOUSE, MODULES
from tests.mutation.trial import trial

if __name__ == "__main__":
    module, *only = sys.argv[1:]
    tried = trial(module, HOUSE, MODULES[module], but=EQUIVALENT.get(module, {}), only=only)
    sys.stdout.write(f"{module}: {sum(tried.values())} of {len(tried)} noticed\n")
    sys.exit(not tried)
