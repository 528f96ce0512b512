"""Locust users, shapes and profiles; `locust -f load/locustfile.py` opens the UI."""
