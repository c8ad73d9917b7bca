"""Acting in a customer's place: in the open, for half an hour, written down."""
