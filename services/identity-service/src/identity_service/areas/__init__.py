"""The network tree: region, POP, OLT, ODP."""
