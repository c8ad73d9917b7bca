"""Getting an account back that somebody else got into, with a link from one of our warnings."""
