package main

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

const script = "payment_page"

// Acquirer opens pages: a signed form over TLS, a signed XML document back.
type Acquirer struct {
	base, secret string
	client       *http.Client
}

func newAcquirer(base, authority, secret string) (*Acquirer, error) {
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no authority")
	}
	// The default of 2 kept connections a host would open a new one for nearly every call.
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConns: 256, MaxIdleConnsPerHost: 256}
	return &Acquirer{base, secret, &http.Client{Transport: transport, Timeout: 20 * time.Second}}, nil
}

// sign is pg_sig: MD5 over the script name, the values in the order of their names, and the secret, joined by semicolons.
func sign(fields map[string]string, secret string) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		if name != "pg_sig" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	parts := append(make([]string, 0, len(names)+2), script)
	for _, name := range names {
		parts = append(parts, fields[name])
	}
	digest := md5.Sum([]byte(strings.Join(append(parts, secret), ";")))
	return hex.EncodeToString(digest[:])
}

func form(link *Link, secret string) string {
	var salt [8]byte
	rand.Read(salt[:])
	callbacks, returns := "http://127.0.0.1/callbacks/main", "http://127.0.0.1/return/"+link.ID
	fields := map[string]string{
		"pg_order_id": link.OrderID, "pg_merchant_id": "700001", "pg_description": link.Description, "pg_idempotency_key": link.ID,
		"pg_amount": fmt.Sprintf("%d.%02d", link.Amount/100, link.Amount%100), "pg_currency": link.Currency,
		"pg_check_url": callbacks + "/check", "pg_result_url": callbacks + "/result", "pg_request_method": "POST",
		"pg_success_url": returns + "/success", "pg_success_url_method": "GET", "pg_failure_url": returns + "/failure",
		"pg_failure_url_method": "GET", "pg_lifetime": "86400", "paylink_link": link.ID, "pg_salt": hex.EncodeToString(salt[:]),
	}
	fields["pg_sig"] = sign(fields, secret)
	values := make(url.Values, len(fields))
	for name, value := range fields {
		values.Set(name, value)
	}
	return values.Encode()
}

type document struct {
	Fields []struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	} `xml:",any"`
}

func (acquirer *Acquirer) openPage(ctx context.Context, link *Link) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, acquirer.base+"/g2g/"+script, strings.NewReader(form(link, acquirer.secret)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := acquirer.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	var read document
	if err := xml.Unmarshal(body, &read); err != nil {
		return err
	}
	fields := make(map[string]string, len(read.Fields))
	for _, field := range read.Fields {
		fields[field.XMLName.Local] = field.Text
	}
	if response.StatusCode != 200 || fields["pg_status"] != "ok" || fields["pg_sig"] != sign(fields, acquirer.secret) {
		return fmt.Errorf("refused: %s", fields["pg_status"])
	}
	link.URL = fields["pg_redirect_url"]
	link.PaymentID, err = strconv.ParseInt(fields["pg_payment_id"], 10, 64)
	return err
}
