"""identity-service: people and how they log in, roles, teams, the network tree, service lines."""
