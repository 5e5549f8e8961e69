package main

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

// Link is what is kept and answered.
type Link struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	OrderID     string `json:"order_id"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	URL         string `json:"url"`
	PaymentID   int64  `json:"payment_id"`
	CreatedAt   int64  `json:"created_at"`
}

// Links makes links: reserve (committed), open the page, activate (committed).
type Links struct {
	reserve, activate *sql.Stmt
	acquirer          *Acquirer
}

func openLinks(path string) (*Links, error) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	// SQLite has one writer: with one connection they queue here, and never meet "database is locked" (go-sqlite3's own advice).
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS link (
		id TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, currency TEXT NOT NULL, description TEXT NOT NULL,
		status TEXT NOT NULL, payment_id INTEGER UNIQUE, url TEXT, created_at INTEGER NOT NULL)`); err != nil {
		return nil, err
	}
	var mode, synchronous string
	if err := db.QueryRow("SELECT (SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous)").Scan(&mode, &synchronous); err != nil {
		return nil, err
	}
	if mode != "wal" || synchronous != "2" {
		log.Fatalf("the store is not durable: %s, %s", mode, synchronous)
	}
	links := &Links{}
	if links.reserve, err = db.Prepare("INSERT INTO link (id, order_id, amount, currency, description, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)"); err != nil {
		return nil, err
	}
	if links.activate, err = db.Prepare("UPDATE link SET status = ?, payment_id = ?, url = ? WHERE id = ?"); err != nil {
		return nil, err
	}
	links.acquirer, err = newAcquirer(os.Getenv("ACQUIRER"), os.Getenv("AUTHORITY"), os.Getenv("SECRET"))
	return links, err
}

func (links *Links) create(w http.ResponseWriter, r *http.Request) {
	var link Link
	if err := json.NewDecoder(r.Body).Decode(&link); err != nil {
		http.Error(w, "not an order", http.StatusBadRequest)
		return
	}
	var name [16]byte
	rand.Read(name[:])
	link.ID, link.Status, link.CreatedAt = "pl_"+hex.EncodeToString(name[:]), "creating", time.Now().UnixMilli()
	if err := links.make(r, &link); err != nil {
		log.Print(err)
		http.Error(w, "not made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(link)
}

func (links *Links) make(r *http.Request, link *Link) error {
	_, err := links.reserve.ExecContext(r.Context(), link.ID, link.OrderID, link.Amount, link.Currency, link.Description, link.Status, link.CreatedAt)
	if err != nil {
		return err
	}
	if err := links.acquirer.openPage(r.Context(), link); err != nil {
		return err
	}
	link.Status = "active"
	_, err = links.activate.ExecContext(r.Context(), link.Status, link.PaymentID, link.URL, link.ID)
	return err
}
