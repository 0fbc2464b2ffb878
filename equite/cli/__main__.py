"""``python -m equite.cli``: the command line."""

from equite.cli import main

if __name__ == "__main__":
    main()
