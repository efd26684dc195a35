"""Running the day: approvals, the desk, check-in and check-out, issues, and what a mail lets its reader do."""
