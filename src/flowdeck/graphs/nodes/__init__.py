"""What each node type does when a run reaches it; one file for each."""
