"""Signs people and programs in, keeps their roles, and keeps the audit trail."""
