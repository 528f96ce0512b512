"""The pages that people see; holds their tokens, so that no browser ever does."""
