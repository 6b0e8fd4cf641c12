"""The events of sessions: their types, their log, and the bus that publishes them."""
