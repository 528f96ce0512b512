"""`gate sign | waive | attest | approvals`: who may say what, and that nothing else is kept."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.adapters.documents import codec
from gates.adapters.runs.run_folder import RunFolder
from gates.cli import invoke
from gates.cli.signing import expiry
from gates.errors import UsageError
from gates.model.criterion import Stage
from gates.model.evidence import EvidenceBundle
from gates.model.exit_code import ExitCode
from gates.model.judgement import Judgement
from gates.model.record import RunSetup
from gates.model.statement import Statement
from gates.model.verdict import Scope, Verdict
from gates.reporting.redaction import Redactor
from tests.support.builders import NOW, criterion, evidence, release
from tests.support.sample_verdict import failed, passed
from tests.support.signing import signed_platform

ROLES = ("technical-lead", "security-team-lead", "operations-manager", "product-owner")
UP = passed(criterion(), "auth-service")
DOWN = failed(criterion(), "auth-service", 1.0, "it is down")


@dataclass
class Team:
    """Folders of one team: its platform with four signers, its reports, and the run `run-1` in staging."""

    root: Path

    @property
    def run(self) -> str:
        """The folder of the run."""
        return str(self.root / "run-1")

    @property
    def kept(self) -> list[str]:
        """The names of everything that was signed."""
        return sorted(file.name for file in (self.root / "attestations").glob("*"))

    def sign(self, command: str, *more: str, role: str = "operations-manager", by: str = "") -> ExitCode:
        """Sign something in staging with the key of the role; who has none takes another's."""
        key = self.root / (role if role in ROLES else ROLES[0])
        who = ("--role", role, "--by", by or f"{role}-1", "--key", str(key))
        return invoke([command, *more, "--env", "staging", "--reason", "it was seen", *who])


def write_run(root: Path, *, seen: Judgement) -> None:
    """Write the folder of a run of staging that was judged so."""
    made = replace(release(), environment="staging")
    scope = Scope(stage=Stage.PRE_GOLIVE)
    folder = RunFolder.create(root, "run-1", Redactor())
    folder.write_setup(RunSetup(release=made, scope=scope))
    folder.write_evidence(EvidenceBundle(items=(evidence(),)))
    folder.write_verdict(
        Verdict(release=made, scope=scope, judgements=(seen,), flaws=(), catalogue_digest="c", judged_at=NOW)
    )


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Give a team with keys and a run that found GO."""
    monkeypatch.setenv("GATE_PLATFORM", str(signed_platform(tmp_path, ROLES)))
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    write_run(tmp_path, seen=UP)
    return Team(tmp_path)


def test_a_run_is_approved_when_all_four_roles_signed(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is missing is named; the last signature closes the list of the go-live."""
    for role in ROLES[:3]:
        assert team.sign("sign", team.run, role=role) is ExitCode.GO
    command = ["approvals", "--env", "staging", "--stage", "pre-golive", "--run", team.run]
    capsys.readouterr()
    assert invoke(command) is ExitCode.INCONCLUSIVE
    told = capsys.readouterr().out
    assert "OPEN  go-live     product-owner: " in told
    assert "technical-lead-1 (technical-lead) approved" in told
    assert team.sign("sign", team.run, role="product-owner") is ExitCode.GO
    capsys.readouterr()
    assert invoke(command) is ExitCode.INCONCLUSIVE  # the attestations of the stage are another matter
    assert "OPEN  go-live" not in capsys.readouterr().out


def test_a_refusal_keeps_a_go_live_open(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    """A signed no outweighs."""
    assert team.sign("sign", team.run, "--refuse", role="product-owner") is ExitCode.GO
    invoke(["approvals", "--env", "staging", "--stage", "pre-golive", "--run", team.run])
    assert "OPEN  go-live     product-owner: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seen", "more", "said"),
    [
        (UP, {"role": "change-manager"}, "the change-manager does not approve a go-live"),
        (DOWN, {"role": "product-owner"}, "only what holds can be approved"),
        (UP, {"role": "product-owner", "by": "somebody"}, "somebody may not sign as product-owner"),
    ],
)
def test_what_cannot_be_approved_is_not_kept(
    team: Team,
    capsys: pytest.CaptureFixture[str],
    seen: Judgement,
    more: dict[str, str],
    said: str,
) -> None:
    """Another role, a run that is not GO, another person's key: refused, and nothing is left behind."""
    shutil.rmtree(team.run)
    write_run(team.root, seen=seen)

    assert team.sign("sign", team.run, **more) is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert team.kept == []


def test_a_run_of_another_place_is_not_approved(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither signed for nor waived in."""
    who = ["--role", "product-owner", "--by", "p", "--reason", "r", "--env", "production"]

    assert invoke(["sign", team.run, *who]) is ExitCode.USAGE_ERROR
    assert invoke(["waive", "VAL-PERF", "--run", team.run, *who]) is ExitCode.USAGE_ERROR
    assert capsys.readouterr().err.count("the run is about staging") == 2
    assert team.kept == []


def test_without_a_key_the_command_that_signs_is_shown(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key in an agent or a token signs outside; until then the text counts for nothing."""
    who = ["--role", "product-owner", "--by", "p", "--reason", "r", "--env", "staging"]

    assert invoke(["sign", team.run, *who]) is ExitCode.GO
    told = capsys.readouterr().out
    assert "written, not signed yet" in told
    assert "ssh-keygen -Y sign -f KEY -n gate-product-owner@isectech" in told
    invoke(["approvals", "--env", "staging", "--stage", "pre-golive", "--run", team.run])
    assert "OPEN  go-live     product-owner: " in capsys.readouterr().out


def test_an_attestation_is_shown_as_seen_and_a_refusal_outweighs_it(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the operations-manager says of training, before and after."""
    command = ["approvals", "--env", "staging", "--stage", "readiness", "--run", team.run]
    invoke(command)
    assert "OPEN  OPS-01      waits for the operations-manager" in capsys.readouterr().out
    assert team.sign("attest", "OPS-01", "--run", team.run, "--link", "https://a.test/1") is ExitCode.GO
    capsys.readouterr()
    assert invoke(command) is ExitCode.INCONCLUSIVE
    assert "ok    OPS-01      operations-manager-1 (operations-manager) attests it" in capsys.readouterr().out
    team.sign("attest", "OPS-01", "--run", team.run, "--refuse")
    invoke(command)
    assert "OPEN  OPS-01      operations-manager-1 (operations-manager) refuses" in capsys.readouterr().out


def test_a_stage_that_waits_for_nobody_says_so(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    """One that demands no attestation, and one whose roles have all said what they had to say."""
    command = ["approvals", "--env", "staging", "--run", team.run, "--stage"]
    for role in ROLES:
        team.sign("sign", team.run, role=role)
    capsys.readouterr()
    assert invoke([*command, "immediate"]) is ExitCode.GO
    assert "nothing waits for a person at stage immediate: it demands none" in capsys.readouterr().out

    invoke([*command, "pre-golive", "--format", "json"])
    found = json.loads(capsys.readouterr().out)["items"]
    for item in found:
        if item["name"] != "go-live":
            role = re.sub(".*the ", "", item["said"])
            assert team.sign("attest", item["name"], "--run", team.run, role=role) is ExitCode.GO
    capsys.readouterr()
    assert invoke([*command, "pre-golive"]) is ExitCode.GO
    assert re.search(r"nothing waits .* pre-golive: (\d+) of \1 attestations", capsys.readouterr().out)


def test_a_damaged_statement_is_a_flaw(team: Team, capsys: pytest.CaptureFixture[str]) -> None:
    """Something was said that nobody can read: the list is not closed."""
    (team.root / "attestations").mkdir()
    (team.root / "attestations" / "x.json").write_text("{")

    command = ["approvals", "--env", "staging", "--stage", "readiness", "--run", team.run]
    assert invoke(command) is ExitCode.INCONCLUSIVE
    assert "FLAW  x.json: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("subject", "role", "said"),
    [
        ("HLT-LIVE", "operations-manager", "no role attests 'HLT-LIVE'"),
        ("NOTHING", "operations-manager", "no role attests 'NOTHING'"),
        ("OPS-01", "nobody", "unknown role 'nobody'"),
        ("OPS-01", "product-owner", "OPS-01 is for the operations-manager to sign"),
    ],
)
def test_only_the_role_attests_and_only_what_is_to_be_attested(
    team: Team, capsys: pytest.CaptureFixture[str], subject: str, role: str, said: str
) -> None:
    """A check cannot be talked green."""
    assert team.sign("attest", subject, "--run", team.run, role=role) is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert team.kept == []


def test_its_owner_waives_a_criterion_for_a_release(team: Team) -> None:
    """Signed, for one service, with an end."""
    more = ("--run", team.run, "--service", "api-gateway", "--expires", "7d")

    assert team.sign("waive", "VAL-PERF", *more, role="technical-lead") is ExitCode.GO
    assert [name.rpartition("-")[0] for name in team.kept] == ["waiver-VAL-PERF-technical-lead"] * 2


@pytest.mark.parametrize(
    ("subject", "more", "said"),
    [
        ("NOTHING", (), "unknown criterion 'NOTHING'"),
        ("HLT-LIVE", (), "cannot be waived"),
        ("OPS-05", (), "is for the"),
        ("VAL-PERF", ("--expires", "90d"), "a waiver lasts at most 30 days"),
        ("VAL-PERF", ("--service", "frontend"), "VAL-PERF is not about frontend"),
    ],
)
def test_a_waiver_that_would_not_hold_is_not_written(
    team: Team, capsys: pytest.CaptureFixture[str], subject: str, more: tuple[str, ...], said: str
) -> None:
    """Unknown, grave, of another owner, endless, about another service."""
    code = team.sign("waive", subject, "--run", team.run, *more, role="technical-lead")

    assert code is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert team.kept == []


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2026-03-02", timedelta(hours=12)),
        ("2026-03-01T13:00:00+00:00", timedelta(hours=1)),
    ],
)
def test_a_term_or_a_date_is_a_moment(text: str, lasts: timedelta) -> None:
    """A date without a zone means UTC."""
    assert expiry(text, NOW) == (NOW + lasts).astimezone(UTC)


@pytest.mark.parametrize("text", ["", "soon", "30", "-1d", "0h", "2026-02-30", "2026-02-28", "9d9"])
def test_what_is_no_later_moment_is_refused(text: str) -> None:
    """Neither nonsense nor the past."""
    with pytest.raises(UsageError):
        expiry(text, NOW)


def test_a_term_beyond_the_calendar_is_refused() -> None:
    """No overflow reaches the person."""
    with pytest.raises(UsageError, match="not a time"):
        expiry("9999d", datetime.max.replace(tzinfo=UTC))


WHO = ("--role", "operations-manager", "--by", "operations-manager-1", "--env", "staging")
BLANK = ("", "   ", "\t", "\u200b")
FORGED = ("seen\nok  OPS-02", "\x1b[32mok", "seen\u202eneve", "x" * 501)


@pytest.mark.parametrize("text", [*BLANK, *FORGED])
@pytest.mark.parametrize(
    "command", [("waive", "VAL-PERF"), ("attest", "OPS-01"), ("sign",), ("authority", "grant", "P0")]
)
def test_a_reason_that_is_blank_or_forges_lines_is_refused(
    team: Team, command: tuple[str, ...], text: str
) -> None:
    """Whatever is signed says why, in one line."""
    subject = (team.run,) if command == ("sign",) else ()

    assert invoke([*command, *subject, *WHO, "--reason", text]) is ExitCode.USAGE_ERROR
    assert team.kept == []


@pytest.mark.parametrize("name", [*BLANK, "a\nb", "x" * 101])
def test_a_signer_without_a_name_is_refused(team: Team, name: str) -> None:
    """Somebody signed."""
    who = ["--role", "operations-manager", "--by", name, "--env", "staging", "--reason", "seen"]

    assert invoke(["attest", "OPS-01", "--run", team.run, *who]) is ExitCode.USAGE_ERROR
    assert team.kept == []


@pytest.mark.parametrize("text", [*BLANK, *FORGED])
def test_an_incident_without_a_title_is_refused(team: Team, text: str) -> None:
    """People are woken by its title."""
    answers = ["--no-users", "--no-critical", "--no-data", "--no-security", "--env", "staging"]

    assert invoke(["incident", "open", text, *answers]) is ExitCode.USAGE_ERROR
    assert (
        invoke(["incident", "close", "INC-1", "--note", text * 4, "--env", "staging"]) is ExitCode.USAGE_ERROR
    )


@pytest.mark.parametrize(("criterion_id", "days"), [("OPS-01", 90), ("GLV-09", 7)])
def test_an_attestation_ends_when_its_evidence_stops_counting(
    team: Team, criterion_id: str, days: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody signs for 27 years what counts for a quarter; when it stops is said."""
    more = ("--run", team.run, "--expires", "9999d")

    assert team.sign("attest", criterion_id, *more) is ExitCode.GO
    (written,) = statements(team)
    assert written.expires_at - written.issued_at == timedelta(days=days)
    assert f"{written.expires_at:%Y-%m-%d %H:%M}" in capsys.readouterr().out


def test_an_approval_lasts_a_month_at_most(team: Team) -> None:
    """Older evidence describes another platform."""
    assert team.sign("sign", team.run, "--expires", "9999d", role="product-owner") is ExitCode.GO
    (written,) = statements(team)
    assert written.expires_at - written.issued_at == timedelta(days=30)


def test_several_criteria_are_attested_by_one_command(team: Team) -> None:
    """Each in a statement of its own, and none when one of them is another role's."""
    assert team.sign("attest", "OPS-01", "OPS-02", "--run", team.run) is ExitCode.USAGE_ERROR
    assert team.kept == []
    assert team.sign("attest", "OPS-01", "OPS-04", "--run", team.run) is ExitCode.GO
    assert [one.subject for one in statements(team)] == ["OPS-01", "OPS-04"]


def test_all_that_waits_for_a_role_is_attested_by_one_command(team: Team) -> None:
    """What the role has answered already is left alone; when nothing waits, that is said."""
    waiting = ("--waiting", "readiness", "--run", team.run)
    team.sign("attest", "OPS-01", "--run", team.run)

    assert team.sign("attest", *waiting) is ExitCode.GO
    assert sorted(one.subject for one in statements(team)) == ["OPS-01", "OPS-03", "OPS-04"]
    assert team.sign("attest", *waiting) is ExitCode.USAGE_ERROR
    assert team.sign("attest", "OPS-01", *waiting) is ExitCode.USAGE_ERROR
    assert team.sign("attest") is ExitCode.USAGE_ERROR
    assert len(statements(team)) == 3


def statements(team: Team) -> list[Statement]:
    """Return everything that was signed."""
    files = sorted((team.root / "attestations").glob("*.json"))
    return [codec.decode(Statement, file.read_bytes(), source=file.name) for file in files]


def test_a_waiver_says_when_it_counts_and_approvals_list_it_with_its_end(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a run that was looked at already, the command that judges it again is named."""
    team.sign("waive", "TST-05", "--run", team.run, "--expires", "7d", role="technical-lead")
    assert f"gate judge {team.run} --again --env staging" in capsys.readouterr().out

    invoke(["approvals", "--env", "staging", "--stage", "readiness", "--run", team.run])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("WAIVED")]
    (written,) = statements(team)
    for part in ("TST-05", "technical-lead-1", f"{written.expires_at:%Y-%m-%d %H:%M}", "it was seen"):
        assert part in line


def test_what_is_open_names_the_command_that_answers_it(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command for each role, about this run."""
    invoke(["approvals", "--env", "staging", "--stage", "readiness", "--run", team.run])
    shown = capsys.readouterr().out

    command = f"gate attest OPS-01 OPS-03 OPS-04 --env staging --run {team.run} --role operations-manager "
    assert command in shown
    assert f"gate sign {team.run} --env staging --role product-owner " in shown
