from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith import connectors as sdk
from kith.api.connectors.schemas import Connector, ConnectorFault, ConnectorList
from kith.api.http.ids import not_found
from kith.api.http.shapes import shape


@get("/v1/connectors", operation_id="listConnectors", tags=["connectors"], scopes=["connectors:read"])
async def list_connectors(registry: NamedDependency[sdk.Registry]) -> ConnectorList:
    """List the connectors of this installation.

    Includes the settings of each, and connectors that failed to load.
    """
    return ConnectorList(
        [shape(Connector, sdk.describe(connector)) for _, connector in sorted(registry.connectors.items())],
        [shape(ConnectorFault, fault) for fault in registry.faults],
    )


@get(
    "/v1/connectors/{name:str}",
    operation_id="getConnector",
    tags=["connectors"],
    scopes=["connectors:read"],
    errors=["not_found"],
)
async def get_connector(registry: NamedDependency[sdk.Registry], name: FromPath[str]) -> Connector:
    """Show one connector.

    `config_schema` holds everything that a settings form needs.
    """
    if name not in registry.connectors:
        raise not_found("connector")
    return shape(Connector, sdk.describe(registry.connectors[name]))


ROUTES = [list_connectors, get_connector]
