"""Ground without domain: the clock, periods, durations, words for figures, refusals, and the basics of the API."""
