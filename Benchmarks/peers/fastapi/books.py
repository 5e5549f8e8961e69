"""SQLite in WAL mode with synchronous FULL; a commit for each statement."""

import sqlite3
from threading import Lock


class Books:
    def __init__(self, path: str):
        # One connection and one lock a process: SQLite has one writer. Other processes are waited for.
        self.connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self.lock = Lock()
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(
            """CREATE TABLE IF NOT EXISTS link (
            id TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, currency TEXT NOT NULL, description TEXT NOT NULL,
            status TEXT NOT NULL, payment_id INTEGER UNIQUE, url TEXT, created_at INTEGER NOT NULL)"""
        )

    def reserve(self, link) -> None:
        with self.lock:
            self.connection.execute(
                "INSERT INTO link (id, order_id, amount, currency, description, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (link.id, link.order_id, link.amount, link.currency, link.description, link.status, link.created_at),
            )

    def activate(self, link) -> None:
        with self.lock:
            self.connection.execute(
                "UPDATE link SET status = ?, payment_id = ?, url = ? WHERE id = ?", (link.status, link.payment_id, link.url, link.id)
            )
