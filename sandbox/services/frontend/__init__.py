"""The pages for people, and the session that keeps their token out of the browser."""
