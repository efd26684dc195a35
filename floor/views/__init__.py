"""The pages of who runs the floor."""
