"""`python -m cli`: the same as `provision`, where the command is not installed."""

from cli.main import main

main()
