"""The known-bad revisions, a table for each kind; light to import."""
