"""One command on one machine: services from wheels, the processes, and the mailbox of the demonstration."""
