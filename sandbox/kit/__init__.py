"""What every service is built from: identity, errors, limits, breakers, storage.

A service looks like this (nothing is read or opened before `create_app` is called):

    ASSETS = Table("assets", Asset)                                              # resource
    Creation = Annotated[Change, Depends(creating(*at_least("analyst")))]        # change, identity
    router = APIRouter()

    @router.post("/v1/assets", status_code=201, responses=responses(409))
    def create_asset(body: NewAsset, change: Creation) -> Asset:                 # models.Shape
        asset = Asset(id=mint("ast"), **body.model_dump(by_alias=False))
        with change.write() as connection:
            ASSETS.insert(connection, change.tenant, asset)
            change.note(connection, "asset.created", asset.id)
            change.keep(connection, 201, asset)
        return asset

    def build(settings: Settings) -> FastAPI:
        store = Store(settings.database, MIGRATIONS, seed=fill)
        return service_app(settings, title="Asset discovery", routers=[router], parts=Parts(store=store))

    create_app = from_environment("asset-discovery", build)

Another service is called with `await kit.mesh.request(Call(...))` from `async def` and with
`kit.mesh.call(Call(...))` from plain `def`; give it the `principal` to act for that person's tenant, and let
the called operation admit the role `service`.
"""
