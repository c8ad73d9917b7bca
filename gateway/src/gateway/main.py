"""Composes the gateway and serves it: the portal on one port, health and metrics on another."""

import asyncio
from itertools import chain
from pathlib import Path

import structlog
import uvloop
from starlette.applications import Starlette
from starlette.types import ASGIApp

from gateway.account.routes import ROUTES as ACCOUNT
from gateway.addresses import parse_networks
from gateway.admin.routes import ROUTES as ADMIN
from gateway.api.app import Api
from gateway.assets import Assets, logo_name
from gateway.brand import Hours, Support
from gateway.clients import Services
from gateway.customer.routes import ROUTES as CUSTOMER
from gateway.entry.routes import ROUTES as ENTRY
from gateway.front import Front
from gateway.i18n import load_texts
from gateway.limits import Limits
from gateway.live import Live
from gateway.pages import nothing_here
from gateway.portal import Portal, Rates
from gateway.sessions import Sessions, Tokens
from gateway.settings import GatewaySettings
from gateway.site import Site
from gateway.streams import ROUTES as LIVE
from gateway.templating import Templates
from gateway.uploads import ROUTES as PHOTOS
from gateway.upstream import Upstream
from shared.auth import TokenMinter
from shared.logs import configure_logging
from shared.server import HttpServer, stop_requested
from shared.web import RequestContext, create_app

log = structlog.get_logger()


def compose(settings: GatewaySettings) -> Portal:
    """Everything the gateway is made of; connections open when they are first used."""
    site, texts = _site(settings), load_texts()
    logo = Path(settings.brand_logo) if settings.brand_logo else None
    assets = Assets(colour=settings.brand_colour, logo=logo)
    tokens = Tokens(TokenMinter.from_file(settings.token_key_file))
    services = Services.over(
        {
            name: Upstream(name, url, tokens)
            for name, url in (
                ("identity-service", settings.identity_url),
                ("ticket-service", settings.ticket_url),
                ("notify-service", settings.notify_url),
                ("analytics-service", settings.analytics_url),
            )
        }
    )
    return Portal(
        site=site,
        secret=settings.secret.get_secret_value().encode(),
        trusted=parse_networks(settings.trusted_proxies),
        rates=Rates(settings.calls_per_minute, settings.stranger_calls_per_minute),
        services=services,
        sessions=Sessions(services.identity.resolve_session),
        keys=Sessions(services.keys.resolve_api_key),
        limits=Limits.over(settings.redis_url),
        live=Live(settings.redis_url),
        texts=texts,
        templates=Templates(texts, assets, site),
        assets=assets,
    )


def _site(settings: GatewaySettings) -> Site:
    hours = Hours.parse(settings.support_hours)
    return Site(
        settings.public_url.rstrip("/"),
        settings.brand_name,
        settings.time_zone,
        logo=logo_name(Path(settings.brand_logo)) if settings.brand_logo else "",
        support=Support(settings.support_phone, settings.support_whatsapp, hours),
        company_login=settings.oidc_name,
    )


def public_app(portal: Portal) -> ASGIApp:
    """What is reachable from outside: pages, API and static files, and nothing operational."""
    routes = chain(ENTRY, ACCOUNT, CUSTOMER, ADMIN, PHOTOS, LIVE, [nothing_here])
    pages = Starlette(routes=list(routes))
    pages.router.redirect_slashes = False
    pages.state.portal = portal
    front = Front(portal.site, pages=pages, api=Api(portal), static=portal.assets)
    return RequestContext(front)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = GatewaySettings()
    configure_logging("gateway", log_format=settings.log_format, level=settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: GatewaySettings) -> None:
    portal = compose(settings)
    portal.templates.compile_all()
    portal.live.start()
    ops = create_app("gateway", ready={}, docs_url=None, redoc_url=None, openapi_url=None)
    public = HttpServer(public_app(portal), settings.host, settings.port)
    operational = HttpServer(ops, settings.host, settings.ops_port)
    stop = stop_requested()
    serving = asyncio.create_task(public.serve(), name="public")
    watching = asyncio.create_task(operational.serve(), name="ops")
    stopped = asyncio.create_task(stop.wait(), name="signal")
    log.info("process_started", port=settings.port, ops_port=settings.ops_port)
    await asyncio.wait([serving, watching, stopped], return_when=asyncio.FIRST_COMPLETED)
    ops.state.stopping = True
    await asyncio.sleep(settings.stop_delay)
    portal.live.stop()
    public.should_exit = operational.should_exit = True
    await asyncio.gather(serving, watching)
    stopped.cancel()
    await portal.close()
    log.info("process_stopped")
