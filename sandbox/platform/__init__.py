"""The local Cloud Run: admin API, revisions as processes, router, DNS, Monitoring."""
