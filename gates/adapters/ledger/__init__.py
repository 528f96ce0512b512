"""The ledger in SQLite: verdicts, rollbacks, quarantined revisions, the journal and its lease, go-lives."""
