"""The real program, killed at every point that matters while the server misbehaves, and a count of what that cost."""
