"""What the gate asks of Google Cloud: Cloud Run, Monitoring, Cloud SQL, Cloud Build, registry, secrets."""
