"""What every service is built from: identity, errors, limits, breakers, storage."""
