"""The one public door of the platform's API: checks, limits and forwards."""
