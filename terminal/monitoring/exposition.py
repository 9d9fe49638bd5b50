"""HTTP endpoint for metrics, on the loopback interface only."""

from typing import TYPE_CHECKING

from config.settings import Settings
from terminal.readiness import NotReady

if TYPE_CHECKING:
    from terminal.monitoring.metrics import ObservedConductor


def serve_metrics(conductor: "ObservedConductor", settings: Settings) -> int | None:
    """Serve the metrics at `http://127.0.0.1:<metrics.port>/metrics` in a thread and return the port.

    Return None without importing anything if `metrics.port` is 0. Raises NotReady if prometheus_client is not installed
    or the port is in use.
    """
    port = settings.metrics.port
    if not port:
        return None
    try:
        import prometheus_client
    except ModuleNotFoundError:
        raise NotReady(
            'metrics.port requires an optional dependency: pip install "uketsuke[metrics]", or set it to 0.'
        ) from None
    from terminal.monitoring.metrics import Metrics

    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    metrics = Metrics(conductor)
    try:
        prometheus_client.start_http_server(port, addr="127.0.0.1", registry=metrics.registry)
    except OSError as error:
        raise NotReady(
            f"cannot use metrics.port {port}: {error.strerror}. Set a different port, or 0 to disable metrics."
        ) from None
    return port
