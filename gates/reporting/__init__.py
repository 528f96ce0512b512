"""Saying it: verdict.json, JUnit, Markdown, terminal text, Allure values. Values in, text out."""
