"""Allure results carry what a reviewer looks for."""

from __future__ import annotations

from typing import Any

import pytest

from gates.reporting.allure import allure_files
from gates.reporting.report import ReportFile, report_of
from tests.support.sample_verdict import RUN_ID, bad_verdict

FILES = allure_files(report_of(bad_verdict(), run_id=RUN_ID))


def _result(check: str) -> dict[str, Any]:
    found = [file.content for file in FILES if isinstance(file.content, dict)]
    return next(result for result in found if result["parameters"] == [{"name": "check", "value": check}])


def _labels(result: dict[str, Any]) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


@pytest.mark.parametrize(
    ("check", "status", "message"),
    [
        ("SEC-LOGOUT@auth-service", "failed", "FAIL: "),
        ("OPS-BACKUP@event-processor", "broken", "INCONCLUSIVE: "),
        ("MON-ALERTS@decision-engine", "broken", "ERROR: "),
        ("SEC-HEADERS@frontend", "skipped", "WAIVED by security-lead@example.test"),
        ("VERDICT@immediate", "failed", "4 blocking checks failed"),
    ],
)
def test_each_outcome_has_its_status(check: str, status: str, message: str) -> None:
    """FAIL failed, no conclusion broken, waived skipped; the message begins with the outcome."""
    result = _result(check)

    assert result["status"] == status
    assert result["statusDetails"]["message"].startswith(message)


def test_labels_group_by_category_and_service() -> None:
    """Feature is the category, story the service, severity the criterion's."""
    labels = _labels(_result("SEC-LOGOUT@auth-service"))

    assert labels["feature"] == "security"
    assert labels["story"] == "auth-service"
    assert labels["severity"] == "blocker"
    assert labels["tag"] == "blocking"
    assert _labels(_result("SEC-HEADERS@frontend"))["tag"] == "waived"


def test_a_pass_has_no_message() -> None:
    """Nothing went wrong, nothing is said."""
    result = _result("HLT-LIVE@frontend")

    assert result["status"] == "passed"
    assert "statusDetails" not in result


def test_evidence_is_attached() -> None:
    """What was seen can be read beside the result, and every attachment exists."""
    result = _result("PRF-P95@nlp-assistant")
    sources = {file.name: file.content for file in FILES}
    text = sources[result["attachments"][0]["source"]]

    assert isinstance(text, str)
    assert "OBSERVED: 412.5 ms" in text
    assert "revision nlp-assistant-00002" in text
    assert "1,240 requests" in text


def test_a_description_is_text_not_markup() -> None:
    """Allure renders descriptions: a threshold stays one, and no element can be put in."""
    description = _result("PRF-P95@nlp-assistant")["description"]

    assert "&lt; 300 ms" in description
    assert "412.5 ms" in description


def test_history_ids_stay_from_run_to_run() -> None:
    """The trend of a check goes on in the next run, while the results are others."""
    again = allure_files(report_of(bad_verdict(), run_id="another-run"))

    assert _ids(FILES, "historyId") == _ids(again, "historyId")
    assert not set(_ids(FILES, "uuid")) & set(_ids(again, "uuid"))


def _ids(files: tuple[ReportFile, ...], key: str) -> list[str]:
    return [file.content[key] for file in files if isinstance(file.content, dict)]


def test_the_environment_names_the_release() -> None:
    """The page's head says what was judged."""
    environment = next(file.content for file in FILES if file.name == "environment.properties")

    assert isinstance(environment, str)
    assert "Verdict=NO_GO\n" in environment
    assert "auth-service=auth-service-00002\n" in environment
