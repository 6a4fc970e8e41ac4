from bench.where import owner_of, shares

ROOM = ("/x/src/gateway/receipts/tags.py", 10, "field_tag")
OTHER = ("/x/src/gateway/forms/values.py", 20, "canonical")
HASH = ("~", 0, "<built-in method hmac_digest>")
WEB = ("/x/site-packages/starlette/routing.py", 5, "app")


def test_library_time_goes_to_calling_package() -> None:
    stats = {
        WEB: (1, 1, 1.0, 7.0, {}),
        ROOM: (1, 1, 2.0, 5.0, {WEB: (1, 1, 2.0, 5.0)}),
        OTHER: (1, 1, 1.0, 2.0, {WEB: (1, 1, 1.0, 2.0)}),
        HASH: (4, 4, 4.0, 4.0, {ROOM: (3, 3, 3.0, 3.0), OTHER: (1, 1, 1.0, 1.0)}),
    }
    assert shares(stats) == {"gateway.receipts": 5.0, "gateway.forms": 2.0, "starlette": 1.0}
    assert shares(stats, 2) == {
        "gateway.receipts.tags": 5.0,
        "gateway.forms.values": 2.0,
        "starlette": 1.0,
    }


def test_top_module_is_its_own_package() -> None:
    assert owner_of(("/x/src/gateway/app.py", 1, "f"), 1) == "gateway.app"
    assert owner_of(("/x/lib/json.py", 1, "f"), 1) is None
