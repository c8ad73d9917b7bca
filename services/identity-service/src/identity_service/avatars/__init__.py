"""Pictures of people: one each, square and small, seen by those who deal with them."""
