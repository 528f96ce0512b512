"""Production relies on staging's signed record for what it does not allow, and on nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.adapters.signing import record_store
from gates.evidence.verdict_record import carry, other_images
from gates.model.criterion import Catalogue, Stage
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import Outcome
from gates.model.verdict import Verdict, VerdictOutcome
from gates.model.verdict_record import FoundRecord
from gates.reporting import reasons
from gates.reporting.report import report_of
from tests.support.builders import evidence
from tests.support.fake_cloud import EPOCH
from tests.support.promotion import LOAD, Promotion, key_pair, recorded, verdict_in_staging
from tests.support.release_run import bad_auth

CATALOGUE = Catalogue(criteria=(LOAD,), digest="sha256:c")
PRODUCER = f"{LOAD.producers[0]}[auth-service]"
Damage = Callable[[Promotion], object]


@pytest.fixture
def promotion(tmp_path: Path) -> Promotion:
    """Give production, with staging's good record where it looks."""
    made = Promotion(tmp_path)
    made.sign(recorded())
    return made


def said(verdict: Verdict) -> list[str]:
    """Return the reasons of a verdict as sentences."""
    return [reason.text for reason in reasons.reasons(verdict)]


def outcomes(verdict: Verdict) -> dict[str, Outcome]:
    """Return the outcome of every judgement."""
    return {judgement.key: judgement.outcome for judgement in verdict.judgements}


def test_a_signed_go_about_the_same_images_answers_what_production_does_not_allow(
    promotion: Promotion,
) -> None:
    """GO; each carried judgement names environment, run and time, and the reasons count them."""
    verdict = promotion.verdict()

    assert verdict.outcome is VerdictOutcome.GO
    assert [j.criterion.id for j in verdict.judgements if j.carried] == [LOAD.id, LOAD.id]
    carried = verdict.judgements[-1].carried[0]
    assert "carried from staging, run run-s" in verdict.judgements[-1].reason
    assert (carried.environment, carried.carried_from, carried.window.end) == ("staging", "run-s", EPOCH)
    assert "2 seen here, 2 carried from staging run run-s, less than a minute ago" in said(verdict)


def test_what_production_allows_is_seen_there_and_a_failure_of_its_own_is_no_go(tmp_path: Path) -> None:
    """A good record hides no failure of production."""
    made = Promotion(tmp_path, seen=bad_auth)
    made.sign(recorded())

    assert made.verdict().outcome is VerdictOutcome.NO_GO


def test_without_a_record_the_verdict_names_the_one_that_it_waits_for(tmp_path: Path) -> None:
    """INCONCLUSIVE, with the place of the record that is missing."""
    made = Promotion(tmp_path)
    made.qualification = replace(made.qualification, named="")
    verdict = made.verdict()
    place = record_store.place_of(str(tmp_path / "records"), "staging", Stage.IMMEDIATE, verdict.release)

    assert verdict.outcome is VerdictOutcome.INCONCLUSIVE
    assert outcomes(verdict)[f"{LOAD.id}@frontend"] is Outcome.INCONCLUSIVE
    found = report_of(verdict, run_id="run-p").unconcluded
    assert all("--sign-with" in one.next_step for one in found)
    assert len(found) == 2
    assert any("waits for the record of staging" in reason and place in reason for reason in said(verdict))


def test_the_newest_record_about_the_same_images_is_found_by_itself(tmp_path: Path) -> None:
    """Staging writes where production looks: nobody names the file."""
    made = Promotion(tmp_path)
    made.qualification = replace(made.qualification, named="")
    staging = verdict_in_staging()
    place = record_store.place_of(str(tmp_path / "records"), "staging", Stage.IMMEDIATE, staging.release)
    record_store.write(place, made.sign(recorded(staging)))
    made.file.unlink()

    assert made.verdict().outcome is VerdictOutcome.GO


def unsigned(made: Promotion) -> None:
    """Take the signature away."""
    envelope = json.loads(made.file.read_bytes()) | {"signatures": []}
    made.file.write_text(json.dumps(envelope))


def other_key(made: Promotion) -> None:
    """Sign with a key that is not allowed."""
    made.private, _ = key_pair(made.folder, "other")
    made.sign(recorded())


def edited(made: Promotion) -> None:
    """Change one bit."""
    content = bytearray(made.file.read_bytes())
    content[100] ^= 1
    made.file.write_bytes(content)


def cut_off(made: Promotion) -> None:
    """Lose the end."""
    made.file.write_bytes(made.file.read_bytes()[:-40])


def no_go(made: Promotion) -> None:
    """Sign a NO_GO."""
    made.sign(recorded(verdict_in_staging(bad_auth)))


def of_another_release(made: Promotion) -> None:
    """Replay the record of another release."""
    made.sign(recorded(images=(("auth-service", "sha256:other"), ("frontend", "sha256:frontend-2"))))


def of_fewer_services(made: Promotion) -> None:
    """Leave a service out."""
    made.sign(recorded(images=(("frontend", "sha256:frontend-2"),)))


def waived(made: Promotion) -> None:
    """GO in staging by a waiver that production does not have."""
    record = recorded()
    results = [
        replace(r, outcome=Outcome.FAIL, waived_by="person-one") if r.criterion == LOAD.id else r
        for r in record.results
    ]
    made.sign(replace(record, results=tuple(results)))


def without_load(made: Promotion) -> None:
    """Leave out the results that production needs."""
    record = recorded()
    made.sign(replace(record, results=tuple(r for r in record.results if r.criterion != LOAD.id)))


def carried_there(made: Promotion) -> None:
    """PASS in staging, but not by a measurement of its own."""
    record = recorded()
    made.sign(replace(record, results=tuple(replace(r, checks=()) for r in record.results)))


def expired(made: Promotion) -> None:
    """Look when the results are older than their criterion allows."""
    made.run.cloud.clock.wait(timedelta(hours=4, minutes=1).total_seconds())
    made.source.at = made.run.cloud.clock.now()


def without_keys(made: Promotion) -> None:
    """Lose the file of the allowed keys."""
    made.public.unlink()


def changed(**changes: Any) -> Damage:
    """Sign a record with other fields."""
    return lambda made: made.sign(recorded(**changes))


REFUSED = {
    "other images": (of_another_release, "other images of auth-service"),
    "fewer services": (of_fewer_services, "other images of auth-service"),
    "unsigned": (unsigned, "it is not signed"),
    "unknown key": (other_key, "not among the allowed keys"),
    "edited byte": (edited, "changed after it was signed"),
    "cut off": (cut_off, "not a DSSE envelope"),
    "expired": (expired, "stale"),
    "NO_GO": (no_go, "its verdict is NO_GO"),
    "INCONCLUSIVE": (changed(outcome=VerdictOutcome.INCONCLUSIVE), "its verdict is INCONCLUSIVE"),
    "partial": (changed(is_partial=True), "only a part of the stage"),
    "other stage": (changed(stage=Stage.READINESS), "about the stage readiness"),
    "other environment": (changed(environment="sandbox"), "it is about sandbox"),
    "other catalogue": (changed(catalogue_digest="sha256:x"), "another criteria catalogue"),
    "other configuration": (changed(configuration_digest="sha256:x"), "configured differently"),
    "from the future": (changed(judged_at=EPOCH + timedelta(hours=1)), "from the future"),
    "waived there": (waived, "says FAIL, waived there by person-one"),
    "result missing": (without_load, "has no result of this check"),
    "carried itself": (carried_there, "has no result of this check"),
    "no allowed keys": (without_keys, "cannot be read"),
}


@pytest.mark.parametrize(("damage", "words"), REFUSED.values(), ids=REFUSED)
def test_a_record_that_does_not_count_is_never_go_and_the_reason_says_why(
    promotion: Promotion, damage: Damage, words: str
) -> None:
    """INCONCLUSIVE: nothing is carried."""
    damage(promotion)
    verdict = promotion.verdict()

    assert verdict.outcome is VerdictOutcome.INCONCLUSIVE
    assert not any(judgement.carried for judgement in verdict.judgements)
    assert any(words in reason for reason in said(verdict))


def test_the_run_keeps_the_record_that_it_used(promotion: Promotion) -> None:
    """Judged once more, the run uses the record in its own folder."""
    content = promotion.file.read_bytes()
    promotion.verdict()
    promotion.file.unlink()

    assert (promotion.folder / "run-p" / "qualification.dsse.json").read_bytes() == content
    assert promotion.verdict().outcome is VerdictOutcome.GO


def test_evidence_that_claims_to_be_carried_is_refused_when_it_comes_from_a_file(
    promotion: Promotion,
) -> None:
    """Only the record carries: an edited evidence file does not."""
    seen = promotion.source.collect
    promotion.file.unlink()
    claimed = lambda *args: replace(  # noqa: E731
        bundle := seen(*args),
        items=tuple(
            replace(item, environment="staging", carried_from="run-s", held_back="") for item in bundle.items
        ),
    )
    promotion.source.held_back = ()
    promotion.source.collect = claimed  # type: ignore[method-assign]

    assert promotion.verdict().outcome is VerdictOutcome.INCONCLUSIVE


@given(
    age=st.integers(0, 3 * 86_400), position=st.integers(0, 70), letter=st.sampled_from("0123456789abcdef")
)
def test_a_result_beyond_its_age_or_an_image_of_other_digits_is_never_carried(
    age: int, position: int, letter: str
) -> None:
    """Carried if and only if nothing is older than the criterion allows and every digit is the same."""
    verdict = verdict_in_staging()
    wanted = verdict.release
    record = recorded(verdict)
    name, image = record.images[0]
    place = position % len(image)
    other = (name, image[:place] + letter + image[place + 1 :])
    changed = replace(record, images=(other, *record.images[1:]))
    held = EvidenceBundle(items=(evidence(None, criterion=LOAD.id, held_back="x", producer=PRODUCER),))
    found = FoundRecord(record=changed, objection=other_images(changed, wanted))
    at = EPOCH + timedelta(seconds=age)
    (item,) = carry(held, found, environment="staging", catalogue=CATALOGUE, now=at).items

    assert (item.carried_from is not None) == (other == (name, image) and at - EPOCH <= LOAD.max_age)
