"""User journeys as plain functions over a client; used by tests, by Locust and by synthetic probes.

Each step asserts a relation to an earlier one, so that a hollow 200 cannot pass.
"""
