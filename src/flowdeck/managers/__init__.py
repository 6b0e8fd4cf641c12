"""One aggregate each: its rules and its SQL. A transaction is always the first argument."""
