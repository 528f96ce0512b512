"""Arguments of `python -m sandbox`: `up` runs a sandbox, `deploy` and `status` talk to one that runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import uvloop

from sandbox import identity_faults, lifecycle, topology
from sandbox.errors import SandboxError
from sandbox.platform.contract import KnobBoard, Knobs
from sandbox.platform.options import Leaf, Options, Ports

STATE_VARIABLE = "SANDBOX_STATE_DIR"
"""Set for a command that runs beside a sandbox of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 wrong use (from argparse)."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    options = _parser().parse_args(arguments)
    options.given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return int(options.command(options) or 0)
    except (SandboxError, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state-dir",
        type=Path,
        default=Path(os.environ.get(STATE_VARIABLE, ".sandbox")),
        help=f"folder of the sandbox's files; default {STATE_VARIABLE}, or .sandbox",
    )
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A local Cloud Run with nine services."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_up(commands.add_parser("up", parents=[shared], help="run a sandbox until SIGTERM"))
    _add_deploy(commands.add_parser("deploy", parents=[shared], help="give a service a new revision"))
    beside = commands.add_parser("with", help="run a command beside a sandbox of its own: with -- COMMAND …")
    beside.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    beside.set_defaults(command=_beside)
    disturb = commands.add_parser(
        "disturb", parents=[shared], help="make the platform itself wrong, or list how"
    )
    disturb.add_argument("name", nargs="?", default="", metavar="NAME", help="without it: list them")
    disturb.add_argument("--off", action="store_true", help="put it right again")
    disturb.set_defaults(command=_disturb)
    spoil = commands.add_parser(
        "spoil-identities", parents=[shared], help="make the secrets of the test identities wrong"
    )
    spoil.add_argument("--off", action="store_true", help="put the right ones back")
    spoil.set_defaults(command=_spoil)
    status = commands.add_parser(
        "status", parents=[shared], help="show services, revisions, traffic, instances"
    )
    status.set_defaults(command=_status)
    return parser


def _add_up(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_up)
    parser.add_argument(
        "--environments",
        type=_environments,
        default=(),
        metavar="NAME,…",
        help=f"run several at once, each in a folder below --state-dir: {', '.join(topology.ENVIRONMENTS)}",
    )
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="SERVICE=IMAGE",
        help="another image than the built-in one",
    )
    parser.add_argument(
        "--leaf", choices=[leaf.value for leaf in Leaf], default=Leaf.VALID.value, help="certificate"
    )
    for port in fields(Ports):
        parser.add_argument(
            f"--{_dashed(port.name)}-port", type=int, default=0, metavar="PORT", help="0 is any"
        )
    for knob in fields(Knobs):
        kind = _KINDS[str(knob.type)]
        parser.add_argument(
            f"--{_dashed(knob.name)}", type=kind, metavar="VALUE", help=f"default {knob.default}"
        )


def _add_deploy(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_deploy)
    parser.add_argument("service", choices=[service.name for service in topology.SERVICES], metavar="SERVICE")
    parser.add_argument("image", metavar="IMAGE")
    traffic = parser.add_mutually_exclusive_group()
    traffic.add_argument("--no-traffic", action="store_true", help="pin the traffic to what serves now")
    traffic.add_argument(
        "--to-latest", action="store_true", help="end a pin: all traffic goes to the new revision"
    )
    parser.add_argument("--tag", default="", help="give the revision a host of its own")
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME=VALUE", help="variable of the container"
    )
    parser.add_argument(
        "--annotation", action="append", default=[], metavar="NAME=VALUE", help="annotation of the revision"
    )


def _up(options: argparse.Namespace) -> None:
    given: dict[str, Any] = vars(options)
    if options.environments:
        _up_all(options)
        return
    set_knobs = {knob.name: given[knob.name] for knob in fields(Knobs) if given[knob.name] is not None}
    try:
        knobs = KnobBoard().change(set_knobs)
    except ValueError as error:
        raise SandboxError(str(error)) from error
    wanted = Options(
        state_dir=options.state_dir,
        knobs=knobs,
        ports=Ports(**{port.name: given[f"{port.name}_port"] for port in fields(Ports)}),
        images=_images(options.image),
        leaf=Leaf(options.leaf),
    )
    uvloop.run(lifecycle.run(wanted))


def _up_all(options: argparse.Namespace) -> None:
    from sandbox import companion  # noqa: PLC0415 - needed by this option alone

    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--environments")
    own.add_argument("--state-dir")
    companion.up_all(options.environments, options.state_dir, own.parse_known_args(options.given[1:])[1])


def _images(pairs: Iterable[str]) -> dict[str, str]:
    images = _mapping(pairs)
    names = {service.name for service in topology.SERVICES}
    if unknown := images.keys() - names:
        raise SandboxError(
            f"There is no service {', '.join(sorted(unknown))}; known are {', '.join(sorted(names))}."
        )
    return images


def _deploy(options: argparse.Namespace) -> None:
    from sandbox import admin_client  # noqa: PLC0415 - the client library is heavy, and `up` must start fast
    from sandbox.platform.deployment import Rollout  # noqa: PLC0415 - as above

    service = next(service for service in topology.SERVICES if service.name == options.service)
    rollout = Rollout(
        image=options.image,
        takes_traffic=not options.no_traffic,
        to_latest=options.to_latest,
        tag=options.tag,
        env=_mapping(options.env),
        annotations=_mapping(options.annotation),
    )
    deployed = uvloop.run(admin_client.deploy(options.state_dir, service, rollout))
    sys.stdout.write(deployed.revision + "\n")
    if rollout.takes_traffic and deployed.percent == 0:
        sys.stderr.write(
            f"{service.name} is pinned, so {deployed.revision} gets no traffic; end the pin with"
            f" `gate rollback unpin {service.name}`, or deploy with --to-latest\n"
        )


def _beside(options: argparse.Namespace) -> int:
    from sandbox import companion  # noqa: PLC0415 - needed by this command alone

    command = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not command:
        raise SandboxError("Name the command: python -m sandbox with -- COMMAND …")
    return companion.accompany(command)


def _disturb(options: argparse.Namespace) -> None:
    from sandbox import admin_client  # noqa: PLC0415 - needed by this command alone

    listed = admin_client.disturb(options.state_dir, options.name, in_force=not options.off)
    sys.stdout.write(admin_client.table(admin_client.DISTURBANCES, listed))


def _spoil(options: argparse.Namespace) -> None:
    identity_faults.mend(options.state_dir) if options.off else identity_faults.spoil(options.state_dir)


def _status(options: argparse.Namespace) -> None:
    from sandbox import admin_client  # noqa: PLC0415 - the client library is heavy, and `up` must start fast

    sys.stdout.write(
        admin_client.table(admin_client.HEADER, uvloop.run(admin_client.status(options.state_dir)))
    )


def _mapping(pairs: Iterable[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not name or not separator:
            raise SandboxError(f"'{pair}' is not of the form NAME=VALUE.")
        mapping[name] = value
    return mapping


def _environments(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(topology.ENVIRONMENTS):
        raise argparse.ArgumentTypeError(f"known are {', '.join(topology.ENVIRONMENTS)}")
    return names


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError("write true or false")
    return text == "true"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


_KINDS: dict[str, Callable[[str], Any]] = {"bool": _truth, "float": float, "int": int, "str": str}
"""How a knob is read, by the name of its type."""
