"""What to do about it: the decision matrix and the rollback plan."""
