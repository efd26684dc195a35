"""The demonstration: the Atrium, its people, and how they book."""
