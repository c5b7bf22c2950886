"""`python -m train` is `lungwatch-train`."""

from train.cli import main

if __name__ == "__main__":
    main()
