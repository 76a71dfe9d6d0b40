"""`python -m pipelines` is the command `rapport`."""

from pipelines.cli import main

if __name__ == "__main__":
    main()
