"""The tables that every service has besides its own. Only ever append."""

KIT_MIGRATIONS = (
    """
    CREATE TABLE idempotency (
        caller TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
        status INTEGER NOT NULL, body TEXT NOT NULL, kept_at REAL NOT NULL,
        PRIMARY KEY (caller, key)
    );
    CREATE INDEX idempotency_by_age ON idempotency (kept_at);
    """,
    """
    CREATE TABLE audit_outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
    """,
)
