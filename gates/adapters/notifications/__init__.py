"""Notices to people: the channels, and the record that sends each event once."""
