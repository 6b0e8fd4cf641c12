"""What providers stream, as parts of a reply; one file for each protocol. All are pure functions."""
