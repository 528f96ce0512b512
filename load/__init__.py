"""Locust users, shapes and profiles; `gate load --ui` opens the generator's page with all of them."""
