"""The event-processor service: takes security events in, keeps them and correlates them per asset."""
