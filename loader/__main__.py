"""`campaign-loader`, and `python -m loader`."""

from __future__ import annotations

import gc

# objects made since it last looked: with Python's own 700 a tenth of the time of sending goes into looking
_MANY = 50_000


def main() -> None:
    # it would look through all that is imported, again and again, and nothing of that ever goes
    gc.disable()
    from loader.cli.main import main as program  # noqa: PLC0415

    gc.freeze()
    gc.set_threshold(_MANY)
    gc.enable()
    program()


if __name__ == "__main__":
    main()
