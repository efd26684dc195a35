"""The API as a whole: sign-in, limits, problems, and the document that describes it. Calls stand in their apps."""
