"""Speed and memory of the whole portal, measured in one run against a floor on the same machine."""
