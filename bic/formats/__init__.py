"""How dates and times are written: 24-hour clock, day first, weeks from Monday, in every language."""
