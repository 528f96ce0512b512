"""The only I/O: one file per outside thing; each translates that thing's errors."""
