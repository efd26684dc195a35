"""The set-up pages' one look at the clock."""
