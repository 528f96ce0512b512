"""The platform's own services over HTTP: health, version, sign-in, tags, the data probe."""
