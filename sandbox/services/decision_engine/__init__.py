"""The decision-engine service: proposes a response, has a second person approve it, executes it once."""
