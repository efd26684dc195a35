"""`make bench`: how long the work of a day takes, beside the bare SQL for the same work, at two sizes."""
