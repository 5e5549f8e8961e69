// The peer in Go: net/http, encoding/json, database/sql over go-sqlite3, crypto/tls, as their documentation teaches.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
)

// Order is the first job: ten members in, three out.
type Order struct {
	OrderID     string `json:"order_id"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Language    string `json:"language"`
	Phone       string `json:"phone"`
	Email       string `json:"email"`
	Lifetime    int    `json:"lifetime"`
	Testing     bool   `json:"testing"`
	SuccessURL  string `json:"success_url"`
}

// OrderTaken is the answer to an order.
type OrderTaken struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Amount int64  `json:"amount"`
}

func takeOrder(w http.ResponseWriter, r *http.Request) {
	var order Order
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		http.Error(w, "not an order", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(OrderTaken{ID: order.OrderID, Status: "created", Amount: order.Amount})
}

func main() {
	http.HandleFunc("/order", takeOrder)
	if path := os.Getenv("DATABASE"); path != "" {
		links, err := openLinks(path)
		if err != nil {
			log.Fatal(err)
		}
		http.HandleFunc("/v1/payment-links", links.create)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
