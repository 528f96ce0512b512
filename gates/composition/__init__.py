"""Builds adapters and hands them to workflows; decides nothing. Commands reach it by these names."""

from gates.adapters.machine import settings as settings
from gates.adapters.machine.settings import PLATFORM as PLATFORM_VARIABLE
from gates.adapters.machine.settings import REPORTS as REPORTS_VARIABLE
from gates.adapters.machine.settings import actor as actor
from gates.adapters.machine.settings import ledger_path as ledger_path
from gates.adapters.machine.settings import platform_folder as platform_folder
from gates.adapters.machine.settings import project_root as project_root
from gates.adapters.machine.settings import reports_folder as reports_folder
from gates.adapters.machine.way_out import settle as settle
from gates.composition.bench import bench as bench
from gates.composition.bench import bench_arms as bench_arms
from gates.composition.bench import bench_folder as bench_folder
from gates.composition.environment import Context as Context
from gates.composition.pages import allure_page as allure_page
from gates.composition.pages import generator_page as generator_page
from gates.composition.pages import open_run_folder as open_run_folder
from gates.composition.pages import profile_names as profile_names
from gates.composition.pages import write_reports as write_reports

__all__ = ["PLATFORM_VARIABLE", "REPORTS_VARIABLE"]
