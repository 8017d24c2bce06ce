"""Changes the modules that keep the promise, one place at a time, and counts how many changes their tests notice."""
