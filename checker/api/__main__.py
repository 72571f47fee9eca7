"""`python -m quorate`: the command."""

from quorate.checker.cli.main import main

if __name__ == "__main__":
    main()
