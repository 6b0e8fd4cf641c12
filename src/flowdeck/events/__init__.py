"""What happens in a session: the facts, their log, and the bus that tells of them."""
