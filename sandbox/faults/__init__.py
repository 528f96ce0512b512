"""The known-bad revisions."""
