"""Where a reservation can go: free time, placement, and dates that repeat."""
