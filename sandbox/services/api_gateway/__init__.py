"""The one door for programs: checks tokens and limits, then hands on to the service behind."""
