"""`gate sign | waive | attest | approvals`: who may say what, and that nothing else is kept."""

from __future__ import annotations

import base64
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
from tests.support.signing import key_file

SHIPPED = Path(__file__).parents[3] / "platforms" / "isectech"
ROLES = ("technical-lead", "security-team-lead", "operations-manager", "product-owner")
UP = passed(criterion(), "auth-service")
DOWN = failed(criterion(), "auth-service", 1.0, "it is down")


@dataclass
class IncidentWorkflow:
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
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IncidentWorkflow:
    """Give a team with keys and a run that found GO."""
    platform = Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))
    lines = []
    for role in ROLES:
        _, public = key_file(tmp_path, role)
        key = base64.b64encode(public).decode()
        lines.append(f'{role}-1 namespaces="gate-{role}@isectech" ssh-ed25519 {key}\n')
    (platform / "allowed_signers").write_text("".join(lines))
    monkeypatch.setenv("GATE_PLATFORM", str(platform))
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    write_run(tmp_path, seen=UP)
    return IncidentWorkflow(tmp_path)


def test_a_run_is_approved_when_all_four_roles_signed(
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who is missing is named; the last signature closes the list of the go-live."""
    for role in ROLES[:3]:
        assert desk.sign("sign", desk.run, role=role) is ExitCode.GO
    command = ["approvals", "--env", "staging", "--stage", "pre-golive", "--run", desk.run]
    capsys.readouterr()
    assert invoke(command) is ExitCode.INCONCLUSIVE
    told = capsys.readouterr().out
    assert "OPEN  go-live     product-owner: " in told
    assert "technical-lead-1 (technical-lead) approved" in told
    assert desk.sign("sign", desk.run, role="product-owner") is ExitCode.GO
    capsys.readouterr()
    assert invoke(command) is ExitCode.INCONCLUSIVE  # the attestations of the stage are another matter
    assert "OPEN  go-live" not in capsys.readouterr().out


def test_a_refusal_keeps_a_go_live_open(desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
    """A signed no outweighs."""
    assert desk.sign("sign", desk.run, "--refuse", role="product-owner") is ExitCode.GO
    invoke(["approvals", "--env", "staging", "--stage", "pre-golive", "--run", desk.run])
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
    desk: IncidentWorkflow,
    capsys: pytest.CaptureFixture[str],
    seen: Judgement,
    more: dict[str, str],
    said: str,
) -> None:
    """Another role, a run that is not GO, another person's key: refused, and nothing is left behind."""
    shutil.rmtree(desk.run)
    write_run(desk.root, seen=seen)

    assert desk.sign("sign", desk.run, **more) is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert desk.kept == []


def test_a_run_of_another_place_is_not_approved(
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither signed for nor waived in."""
    who = ["--role", "product-owner", "--by", "p", "--reason", "r", "--env", "production"]

    assert invoke(["sign", desk.run, *who]) is ExitCode.USAGE_ERROR
    assert invoke(["waive", "VAL-PERF", "--run", desk.run, *who]) is ExitCode.USAGE_ERROR
    assert capsys.readouterr().err.count("the run is about staging") == 2
    assert desk.kept == []


def test_without_a_key_the_command_that_signs_is_shown(
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key in an agent or a token signs outside; until then the text counts for nothing."""
    who = ["--role", "product-owner", "--by", "p", "--reason", "r", "--env", "staging"]

    assert invoke(["sign", desk.run, *who]) is ExitCode.GO
    told = capsys.readouterr().out
    assert "written, not signed yet" in told
    assert "ssh-keygen -Y sign -f KEY -n gate-product-owner@isectech" in told
    invoke(["approvals", "--env", "staging", "--stage", "pre-golive", "--run", desk.run])
    assert "OPEN  go-live     product-owner: " in capsys.readouterr().out


def test_an_attestation_is_shown_as_seen_and_a_refusal_outweighs_it(
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the operations-manager says of training, before and after."""
    command = ["approvals", "--env", "staging", "--stage", "readiness", "--run", desk.run]
    invoke(command)
    assert "OPEN  OPS-01      waits for the operations-manager" in capsys.readouterr().out
    assert desk.sign("attest", "OPS-01", "--run", desk.run, "--link", "https://a.test/1") is ExitCode.GO
    capsys.readouterr()
    assert invoke(command) is ExitCode.INCONCLUSIVE
    assert "ok    OPS-01      operations-manager-1 (operations-manager) attests it" in capsys.readouterr().out
    desk.sign("attest", "OPS-01", "--run", desk.run, "--refuse")
    invoke(command)
    assert "OPEN  OPS-01      operations-manager-1 (operations-manager) refuses" in capsys.readouterr().out


def test_a_stage_that_waits_for_nobody_says_so(
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that demands no attestation, and one whose roles have all said what they had to say."""
    command = ["approvals", "--env", "staging", "--run", desk.run, "--stage"]
    for role in ROLES:
        desk.sign("sign", desk.run, role=role)
    capsys.readouterr()
    assert invoke([*command, "immediate"]) is ExitCode.GO
    assert "nothing waits for a person at stage immediate: it demands none" in capsys.readouterr().out

    invoke([*command, "pre-golive", "--format", "json"])
    found = json.loads(capsys.readouterr().out)["items"]
    for item in found:
        if item["name"] != "go-live":
            role = re.sub(".*the ", "", item["said"])
            assert desk.sign("attest", item["name"], "--run", desk.run, role=role) is ExitCode.GO
    capsys.readouterr()
    assert invoke([*command, "pre-golive"]) is ExitCode.GO
    assert re.search(r"nothing waits .* pre-golive: (\d+) of \1 attestations", capsys.readouterr().out)


def test_a_damaged_statement_is_a_flaw(desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]) -> None:
    """Something was said that nobody can read: the list is not closed."""
    (desk.root / "attestations").mkdir()
    (desk.root / "attestations" / "x.json").write_text("{")

    command = ["approvals", "--env", "staging", "--stage", "readiness", "--run", desk.run]
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
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str], subject: str, role: str, said: str
) -> None:
    """A check cannot be talked green."""
    assert desk.sign("attest", subject, "--run", desk.run, role=role) is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert desk.kept == []


def test_its_owner_waives_a_criterion_for_a_release(desk: IncidentWorkflow) -> None:
    """Signed, for one service, with an end."""
    more = ("--run", desk.run, "--service", "api-gateway", "--expires", "7d")

    assert desk.sign("waive", "VAL-PERF", *more, role="technical-lead") is ExitCode.GO
    assert [name.rpartition("-")[0] for name in desk.kept] == ["waiver-VAL-PERF-technical-lead"] * 2


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
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str], subject: str, more: tuple[str, ...], said: str
) -> None:
    """Unknown, grave, of another owner, endless, about another service."""
    code = desk.sign("waive", subject, "--run", desk.run, *more, role="technical-lead")

    assert code is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert desk.kept == []


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
    desk: IncidentWorkflow, command: tuple[str, ...], text: str
) -> None:
    """Whatever is signed says why, in one line."""
    subject = (desk.run,) if command == ("sign",) else ()

    assert invoke([*command, *subject, *WHO, "--reason", text]) is ExitCode.USAGE_ERROR
    assert desk.kept == []


@pytest.mark.parametrize("name", [*BLANK, "a\nb", "x" * 101])
def test_a_signer_without_a_name_is_refused(desk: IncidentWorkflow, name: str) -> None:
    """Somebody signed."""
    who = ["--role", "operations-manager", "--by", name, "--env", "staging", "--reason", "seen"]

    assert invoke(["attest", "OPS-01", "--run", desk.run, *who]) is ExitCode.USAGE_ERROR
    assert desk.kept == []


@pytest.mark.parametrize("text", [*BLANK, *FORGED])
def test_an_incident_without_a_title_is_refused(desk: IncidentWorkflow, text: str) -> None:
    """People are woken by its title."""
    answers = ["--no-users", "--no-critical", "--no-data", "--no-security", "--env", "staging"]

    assert invoke(["incident", "open", text, *answers]) is ExitCode.USAGE_ERROR
    assert (
        invoke(["incident", "close", "INC-1", "--note", text * 4, "--env", "staging"]) is ExitCode.USAGE_ERROR
    )


@pytest.mark.parametrize(("criterion_id", "days"), [("OPS-01", 90), ("GLV-09", 7)])
def test_an_attestation_ends_when_its_evidence_stops_counting(
    desk: IncidentWorkflow, criterion_id: str, days: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody signs for 27 years what counts for a quarter; when it stops is said."""
    more = ("--run", desk.run, "--expires", "9999d")

    assert desk.sign("attest", criterion_id, *more) is ExitCode.GO
    (written,) = statements(desk)
    assert written.expires_at - written.issued_at == timedelta(days=days)
    assert f"{written.expires_at:%Y-%m-%d %H:%M}" in capsys.readouterr().out


def test_an_approval_lasts_a_month_at_most(desk: IncidentWorkflow) -> None:
    """Older evidence describes another platform."""
    assert desk.sign("sign", desk.run, "--expires", "9999d", role="product-owner") is ExitCode.GO
    (written,) = statements(desk)
    assert written.expires_at - written.issued_at == timedelta(days=30)


def test_several_criteria_are_attested_by_one_command(desk: IncidentWorkflow) -> None:
    """Each in a statement of its own, and none when one of them is another role's."""
    assert desk.sign("attest", "OPS-01", "OPS-02", "--run", desk.run) is ExitCode.USAGE_ERROR
    assert desk.kept == []
    assert desk.sign("attest", "OPS-01", "OPS-04", "--run", desk.run) is ExitCode.GO
    assert [one.subject for one in statements(desk)] == ["OPS-01", "OPS-04"]


def test_all_that_waits_for_a_role_is_attested_by_one_command(desk: IncidentWorkflow) -> None:
    """What the role has answered already is left alone; when nothing waits, that is said."""
    waiting = ("--waiting", "readiness", "--run", desk.run)
    desk.sign("attest", "OPS-01", "--run", desk.run)

    assert desk.sign("attest", *waiting) is ExitCode.GO
    assert sorted(one.subject for one in statements(desk)) == ["OPS-01", "OPS-03", "OPS-04"]
    assert desk.sign("attest", *waiting) is ExitCode.USAGE_ERROR
    assert desk.sign("attest", "OPS-01", *waiting) is ExitCode.USAGE_ERROR
    assert desk.sign("attest") is ExitCode.USAGE_ERROR
    assert len(statements(desk)) == 3


def statements(desk: IncidentWorkflow) -> list[Statement]:
    """Return everything that was signed."""
    files = sorted((desk.root / "attestations").glob("*.json"))
    return [codec.decode(Statement, file.read_bytes(), source=file.name) for file in files]


def test_a_waiver_says_when_it_counts_and_approvals_list_it_with_its_end(
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a run that was looked at already, the command that judges it again is named."""
    desk.sign("waive", "TST-05", "--run", desk.run, "--expires", "7d", role="technical-lead")
    assert f"gate judge {desk.run} --again --env staging" in capsys.readouterr().out

    invoke(["approvals", "--env", "staging", "--stage", "readiness", "--run", desk.run])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("WAIVED")]
    (written,) = statements(desk)
    for part in ("TST-05", "technical-lead-1", f"{written.expires_at:%Y-%m-%d %H:%M}", "it was seen"):
        assert part in line


def test_what_is_open_names_the_command_that_answers_it(
    desk: IncidentWorkflow, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command for each role, about this run."""
    invoke(["approvals", "--env", "staging", "--stage", "readiness", "--run", desk.run])
    shown = capsys.readouterr().out

    command = f"gate attest OPS-01 OPS-03 OPS-04 --env staging --run {desk.run} --role operations-manager "
    assert command in shown
    assert f"gate sign {desk.run} --env staging --role product-owner " in shown
