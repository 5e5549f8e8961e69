"""The peer in Python: FastAPI on uvicorn (uvloop, httptools), httpx, sqlite3, as their documentation teaches."""

import os
import ssl
import uuid
from contextlib import asynccontextmanager
from time import time

import httpx
from fastapi import FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from acquirer import open_page
from books import Books


class Order(BaseModel):
    """The first job: ten members in, three out."""

    order_id: str
    amount: int
    currency: str
    description: str
    language: str
    phone: str
    email: str
    lifetime: int
    testing: bool
    success_url: str


class OrderTaken(BaseModel):
    id: str
    status: str
    amount: int


class NewLink(BaseModel):
    order_id: str
    amount: int
    currency: str
    description: str


class Link(NewLink):
    id: str
    status: str
    url: str | None = None
    payment_id: int | None = None
    created_at: int


@asynccontextmanager
async def lifespan(app: FastAPI):
    if path := os.environ.get("DATABASE"):
        app.state.books = Books(path)
        # Redirects, cookies and HTTP/2 are off as by default; the pool is made for as many callers as come.
        app.state.client = httpx.AsyncClient(
            base_url=os.environ["ACQUIRER"],
            verify=ssl.create_default_context(cafile=os.environ["AUTHORITY"]),
            limits=httpx.Limits(max_connections=256, max_keepalive_connections=256),
            timeout=20,
        )
        yield
        await app.state.client.aclose()
    else:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/order")
async def take_order(order: Order) -> OrderTaken:
    return OrderTaken(id=order.order_id, status="created", amount=order.amount)


@app.post("/v1/payment-links", status_code=201)
async def create(new: NewLink) -> Link:
    """Reserve (committed), open the page, activate (committed)."""
    link = Link(**new.model_dump(), id=f"pl_{uuid.uuid4().hex}", status="creating", created_at=int(time() * 1000))
    await run_in_threadpool(app.state.books.reserve, link)
    try:
        link.payment_id, link.url = await open_page(app.state.client, link, os.environ["SECRET"])
    except (httpx.HTTPError, ValueError) as error:
        raise HTTPException(502, "not made") from error
    link.status = "active"
    await run_in_threadpool(app.state.books.activate, link)
    return link
