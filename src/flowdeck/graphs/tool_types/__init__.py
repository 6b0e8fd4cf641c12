"""Tool types: a module each, with the keys of tools.yaml and what the tool does."""
