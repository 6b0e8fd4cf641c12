"""Model providers, one file each: scripted, embedded and remote. Which model is called when is `graphs/models.py`'s."""
