"""Reading input strictly, paging, and writing times and events."""
