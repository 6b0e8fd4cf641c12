"""YAML documents as plain values with the position of each; the graphs, the prices and the configuration read them."""
