"""The terminal: what a person or a script sees, and what a signal does."""
