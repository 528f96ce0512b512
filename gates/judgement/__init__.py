"""What it means: the only room where thresholds meet numbers."""
