"""How good the predictions are, out of time and beside what a sceptic would use instead."""
