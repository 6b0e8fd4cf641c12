"""`python -m flowdeck.cli`, for where the program is not on the PATH."""

from flowdeck.cli import main

if __name__ == "__main__":
    main()
