"""How usage is written on the pages."""
