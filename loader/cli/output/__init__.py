"""The terminal as a door: what a person or a script sees, and what a signal does."""
