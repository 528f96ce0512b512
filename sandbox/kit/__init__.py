"""What every service is built from: identity, errors, limits, breakers, storage.

A service looks like this (nothing is read or opened before `create_app` is called):

    router = APIRouter()

    @router.post("/v1/assets", status_code=201, responses=responses(404))
    def create(
        body: NewAsset,                                                          # models.Shape
        principal: Annotated[Principal, Depends(required(*at_least("analyst")))],  # identity
        idempotency: Annotated[Once, Depends(once)],                             # after the principal
        store: StoreDep,                                                         # runtime
        kit: KitDep,
    ) -> Asset:
        with store.write() as connection:
            asset = insert(connection, principal.tenant, body)
            kit.audit.record(connection, principal, "asset.created", asset.id)
            idempotency.keep(connection, 201, asset)
        return asset

    def create_app() -> FastAPI:
        settings = Settings.from_environment(service="asset-discovery")
        store = Store(settings.database, MIGRATIONS, seed=fill)
        return service_app(settings, title="Asset discovery", routers=[router], parts=Parts(store=store))

Another service is called with `await kit.mesh.request(Call(...))` from `async def` and with
`kit.mesh.call(Call(...))` from plain `def`; give it the `principal` to act for that person's tenant, and let
the called operation admit the role `service`.
"""
