"""What drives the prediction (attribution), kept apart from what would change if it moved."""
