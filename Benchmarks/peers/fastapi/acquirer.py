"""Opens pages: a signed form over TLS, a signed XML document back."""

import secrets
from hashlib import md5
from xml.etree import ElementTree

import httpx

SCRIPT = "payment_page"


def sign(fields: dict[str, str], secret: str) -> str:
    """pg_sig: MD5 over the script name, the values in the order of their names, and the secret, joined by semicolons."""
    values = [fields[name] for name in sorted(fields) if name != "pg_sig"]
    return md5(";".join([SCRIPT, *values, secret]).encode()).hexdigest()


def form(link, secret: str) -> dict[str, str]:
    callbacks, returns = "http://127.0.0.1/callbacks/main", f"http://127.0.0.1/return/{link.id}"
    fields = {
        "pg_order_id": link.order_id,
        "pg_merchant_id": "700001",
        "pg_description": link.description,
        "pg_idempotency_key": link.id,
        "pg_amount": f"{link.amount // 100}.{link.amount % 100:02}",
        "pg_currency": link.currency,
        "pg_check_url": callbacks + "/check",
        "pg_result_url": callbacks + "/result",
        "pg_request_method": "POST",
        "pg_success_url": returns + "/success",
        "pg_success_url_method": "GET",
        "pg_failure_url": returns + "/failure",
        "pg_failure_url_method": "GET",
        "pg_lifetime": "86400",
        "paylink_link": link.id,
        "pg_salt": secrets.token_hex(8),
    }
    return fields | {"pg_sig": sign(fields, secret)}


async def open_page(client: httpx.AsyncClient, link, secret: str) -> tuple[int, str]:
    """The payment's number and the page's address; ValueError for an answer that is not to be believed."""
    response = await client.post(f"/g2g/{SCRIPT}", data=form(link, secret))
    try:
        fields = {element.tag: element.text or "" for element in ElementTree.fromstring(response.content)}
    except ElementTree.ParseError as error:
        raise ValueError("not XML") from error
    if response.status_code != 200 or fields.get("pg_status") != "ok" or fields.get("pg_sig") != sign(fields, secret):
        raise ValueError("refused")
    return int(fields["pg_payment_id"]), fields["pg_redirect_url"]
