"""How many hours an organisation may share, and what is left of them."""
