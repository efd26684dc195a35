"""The pages of the booking system and the feeds that keep them up to date."""
