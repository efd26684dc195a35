"""What must hold of a booking, and what a rule gets to read."""
