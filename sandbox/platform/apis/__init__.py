"""Google's other APIs, as far as a release gate asks them; each module owns one API."""
