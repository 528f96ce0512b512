"""A run's folder: its files, its Allure results and page, bench results, snapshots."""
