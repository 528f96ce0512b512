"""What a run is reported as: verdict.json, JUnit, SARIF, Markdown, Allure, terminal text, notifications."""
