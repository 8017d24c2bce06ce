"""`python -m loader` is `campaign-loader`."""

from loader.cli import main

main()
