"""What a run leaves behind: predictions, reports, and its trace in MLflow."""
