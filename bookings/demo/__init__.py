"""The demo Atrium's people and what they booked. Made through the services, as real people would."""
