"""`pytest … --gate STAGE`: a pytest session that ends with the verdict of the gate.

The tests of the session are the evidence; the judge, the files and the exit codes are those of `gate run`.
Without paths the producers of the stage run.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from gates.model.criterion import Stage
from gates.model.exit_code import ExitCode

if TYPE_CHECKING:
    from gates.cli.signals import Stop
    from gates.composition.pytest_session import PytestSession

_JUDGED = pytest.StashKey["JudgedSession"]()
_PATHS, _RAW = "gate_paths", "gate_raw"
_CUT_SHORT = {
    pytest.ExitCode.INTERRUPTED: ExitCode.INTERRUPTED,
    pytest.ExitCode.INTERNAL_ERROR: ExitCode.INTERNAL_ERROR,
    pytest.ExitCode.NO_TESTS_COLLECTED: ExitCode.NOTHING_EVALUATED,
}
"""Exit codes of a session that pytest could not finish; a NO_GO stays a NO_GO."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of a session that ends with a verdict."""
    group = parser.getgroup("gate")
    group.addoption(
        "--gate",
        dest="gate_stage",
        choices=[stage.value for stage in Stage],
        default=None,
        help="end with the gate's verdict about this stage, and with the exit code of `gate run`",
    )
    group.addoption("--gate-release", default=None, help="label of the release; default: the time of the run")
    group.addoption(
        "--gate-rollback",
        choices=["never", "auto"],
        default="never",
        help="what to do about a NO_GO: nothing, or roll back where a pre-authorisation allows it",
    )
    group.addoption("--gate-deadline", default="15m", help="longest time to look: 90s, 15m (default), 1h")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Find the release and point the session at it, before the other hooks read the options.

    Raises:
        pytest.exit.Exception: the gate cannot begin; the exit code says why, as `gate run` does.
    """
    if config.getoption("gate_stage") is None:
        return
    if (shipped := getattr(config, "workerinput", None)) is not None:
        config.args[:] = shipped[_PATHS]
        config.option.allure_report_dir = shipped[_RAW]
        return
    from gates.cli import explained  # noqa: PLC0415 - a session without a verdict pays for none of this
    from gates.cli.signals import interrupting  # noqa: PLC0415 - as above

    began: list[JudgedSession] = []
    with ExitStack() as held:
        held.enter_context(interrupting())
        code = explained(lambda: began.append(_begin(config)))
        if not began:
            pytest.exit("the gate could not begin, see above", returncode=int(code))
        config.stash[_JUDGED] = began[0]
        began[0].held.push(held.pop_all())
        began[0].listen()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send the paths and the results folder to an xdist worker: its command line has neither."""
    judged = node.config.stash.get(_JUDGED, None)
    if judged is not None:
        node.workerinput |= {_PATHS: list(node.config.args), _RAW: str(judged.raw)}


def _begin(config: pytest.Config) -> JudgedSession:
    """Find the release as `gate run` does, and set where pytest writes the evidence."""
    from gates import composition  # noqa: PLC0415
    from gates.cli.options import Duration  # noqa: PLC0415
    from gates.cli.signals import Stop  # noqa: PLC0415
    from gates.composition.pytest_session import PytestSession, raw_results  # noqa: PLC0415
    from gates.composition.runs import run_id_now  # noqa: PLC0415
    from gates.errors import UsageError  # noqa: PLC0415
    from gates.workflows.request import Request, RollbackMode  # noqa: PLC0415

    if config.getoption("env") is None:
        raise UsageError("--gate needs an environment", next_step="say for example --env sandbox")
    if (named := config.getoption("--gate-platform")) is not None:
        composition.settings.hand_down(composition.settings.PLATFORM, str(named))
    seconds = Duration().convert(config.getoption("--gate-deadline"), None, None)
    stop = Stop()
    context = composition.Context(str(config.getoption("env")), is_stopped=stop.is_asked_for)
    request = Request(
        stage=Stage(str(config.getoption("gate_stage"))),
        run_id=str(config.getoption("--gate-release") or run_id_now()),
        rollback=RollbackMode(str(config.getoption("--gate-rollback"))),
    )
    session = PytestSession.begin(context, request, seconds)
    held = ExitStack()
    judged = JudgedSession(session, stop, held, raw=held.enter_context(raw_results()))
    judged.point(config)
    return judged


@dataclass
class JudgedSession:
    """The pytest options of a run, its deadline, its exit code and its text."""

    session: PytestSession
    stop: Stop
    held: ExitStack
    raw: Path
    published: tuple[Path, ...] = ()
    text: str = ""
    is_concluding: bool = False
    is_late: bool = False

    def point(self, config: pytest.Config) -> None:
        """Set the options of the plugins, and name the tests unless the command line does."""
        folder = self.session.folder.path
        config.option.gate_target = str(folder / "target.json")
        config.option.gate_evidence = str(folder / "producers.jsonl")
        self.session.point()
        if named := config.getoption("allure_report_dir", None):
            self.published = (Path(named).resolve(),)
        config.option.allure_report_dir = str(self.raw)
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args[:] = self.session.producers(config.rootpath)

    def listen(self) -> None:
        """End the tests in order when the deadline passes."""
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self.session.seconds)

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        if not self.is_concluding:
            self.is_late = True
            raise KeyboardInterrupt

    def conclude(self, config: pytest.Config, status: int) -> ExitCode:
        """Judge the evidence of the session, decide, act and report; return the exit code.

        After a signal no action begins; a signal that comes now lets the running action finish.
        """
        self.is_concluding = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        if status == pytest.ExitCode.USAGE_ERROR:
            return ExitCode.USAGE_ERROR
        from gates.cli import explained  # noqa: PLC0415

        recorder: Any = config.pluginmanager.get_plugin("gate-recorder")
        recorder.end()
        if status == pytest.ExitCode.INTERRUPTED and not self.is_late:
            self.stop.ask()
        with self.stop.heard():
            code = explained(lambda: self._concluded(status))
        if self.stop.is_asked_for() and code in (ExitCode.GO, ExitCode.INCONCLUSIVE, ExitCode.NO_GO):
            return ExitCode.INTERRUPTED
        is_known = code in (ExitCode.GO, ExitCode.INCONCLUSIVE)
        return _CUT_SHORT.get(pytest.ExitCode(status), code) if is_known else code

    def _concluded(self, status: int) -> ExitCode:
        from gates.cli import run  # noqa: PLC0415

        session = self.session
        kept = session.conclude(status, self.raw, self.published, is_late=self.is_late)
        if not self.stop.is_asked_for():
            run.make_page(kept.path)
        self.text = run.in_words(kept)
        return run.ending(session.context, kept, session.request.rollback)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Conclude after every other hook of the session, and before the summary of the terminal."""
    result = yield
    judged = session.config.stash.get(_JUDGED, None)
    if judged is not None:
        session.exitstatus = judged.conclude(session.config, int(session.exitstatus))
    return result


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return what the session judges."""
    judged = config.stash.get(_JUDGED, None)
    if judged is None:
        return []
    prepared, request = judged.session.prepared, judged.session.request
    release = prepared.release
    about = f"stage {request.stage} of {release.environment}, {len(release.services)} services"
    return [f"release gate: {about}, run {request.run_id}", *prepared.notes]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the verdict, or that the session has none."""
    judged = config.stash.get(_JUDGED, None)
    if judged is not None and judged.text:
        terminalreporter.section("release gate")
        terminalreporter.write_line(judged.text)
    elif judged is None and config.getoption("env") and not config.getoption("--gate-evidence"):
        terminalreporter.write_line(
            "no verdict: these are producers alone; --gate STAGE judges what they saw", yellow=True
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the raw results."""
    judged = config.stash.get(_JUDGED, None)
    if judged is not None:
        judged.held.close()
