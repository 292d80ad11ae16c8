"""`python -m clvlens`: the command line where the command itself is not on the path."""

from clvlens.cli import main

if __name__ == "__main__":
    main()
