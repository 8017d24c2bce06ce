"""`campaign-loader`, and `python -m loader`."""

from __future__ import annotations

import gc


def main() -> None:
    # it would look through all that is imported, again and again, and nothing of that ever goes
    gc.disable()
    from loader.cli.main import main as program  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    program()


if __name__ == "__main__":
    main()
