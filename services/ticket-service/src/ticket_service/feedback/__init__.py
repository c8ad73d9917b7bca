"""How content customers are with the way a ticket was handled."""
