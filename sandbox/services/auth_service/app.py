"""Builds auth-service."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.auth_service import directory, oversight, signin
from sandbox.services.auth_service.issuing import Issuer, OwnVerifier
from sandbox.services.auth_service.schema import MIGRATIONS, fill
from sandbox.services.auth_service.trail import Trail


def build(settings: Settings) -> FastAPI:
    store = Store(settings.database, MIGRATIONS, seed=fill)
    issuer = Issuer(settings)
    parts = Parts(
        store=store,
        verifier=OwnVerifier(store, issuer),
        audit=Trail(settings.service),
        state={"issuer": issuer},
    )
    routers = [signin.router, directory.router, oversight.router]
    return service_app(settings, title="Authentication", routers=routers, parts=parts)


create_app = from_environment("auth-service", build)
