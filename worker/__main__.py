"""`python -m worker` is `lungwatch-worker`."""

from worker.cli import main

if __name__ == "__main__":
    main()
