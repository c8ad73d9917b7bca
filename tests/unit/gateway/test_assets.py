"""Static files are named by their content and sent small."""

import gzip

from gateway.assets import Assets, smaller_css
from tests.unit.gateway.conftest import Visitor


async def test_a_file_under_its_hash_is_kept_for_ever(visitor: Visitor) -> None:
    url = visitor.portal.assets.url("portal.css")
    answer = await visitor.get(url, accept_encoding="gzip")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "@layer tokens,base,components,pages;" in answer.text


async def test_a_file_under_another_hash_is_not_kept(visitor: Visitor) -> None:
    answer = await visitor.get("/static/000000000000/portal.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


async def test_only_files_of_the_folder_are_served(visitor: Visitor) -> None:
    for path in ("/static/x/../settings.py", "/static/x/tokens.css", "/static/x", "/static/"):
        assert (await visitor.get(path)).status_code == 404


def test_a_style_sheet_loses_only_what_nobody_reads() -> None:
    css = "/* why */\n.a > .b,\n.c { color: red; margin: calc(1px + 2px) 0; }\n"
    assert smaller_css(css) == ".a>.b,.c{color: red;margin: calc(1px + 2px) 0}"


def test_every_text_is_compressed_once() -> None:
    assets = Assets()
    asset = assets._assets["console.css"]
    assert asset.compressed is not None
    assert gzip.decompress(asset.compressed) == asset.body
    assert asset.compressed is asset.compressed


async def test_the_worker_may_stand_before_every_page_and_asks_only_us(visitor: Visitor) -> None:
    answer = await visitor.get(visitor.portal.assets.url("worker.js") + "?lang=id&v=1")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    other = await visitor.get(visitor.portal.assets.url("portal.js"))
    assert "service-worker-allowed" not in other.headers


async def test_the_page_without_a_connection_is_the_same_for_everybody(visitor: Visitor) -> None:
    stranger = (await visitor.get("/offline")).text
    assert "session" not in stranger and "csrf_token" not in stranger
    assert (await visitor.as_customer().get("/offline")).text == stranger
