"""Machines against time, as the pages draw it."""
