"""`python -m loader` is `campaign-loader`."""

from loader.cli.main import main

main()
