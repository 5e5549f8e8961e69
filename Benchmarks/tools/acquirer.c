/* The acquirer that every peer of the second job calls: TLS, HTTP/1.1 with keep-alive, one thread. It verifies the form's signature, so that no peer can leave
   the work out, and answers a signed page. Light enough not to be what is measured; its CPU time is its own process's and is not counted.

   acquirer PORT CERTIFICATE KEY SECRET */
#define _GNU_SOURCE
#include "measure.h"
#include "sign.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>

enum { IN_ROOM = 16 * 1024, OUT_ROOM = 2048 };

struct connection {
  SSL *ssl;
  int fd, length;
  char in[IN_ROOM + 1];
};

static const char *secret;
static int64_t next_payment;

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes a form's text in its place. */
static void decode(char *text) {
  char *out = text;
  for (; *text; text++) {
    int high, low;
    if (*text == '+') *out++ = ' ';
    else if (*text == '%' && (high = hex_digit(text[1])) >= 0 && (low = hex_digit(text[2])) >= 0) { *out++ = (char)(high * 16 + low); text += 2; }
    else *out++ = *text;
  }
  *out = 0;
}

/* The fields of an urlencoded body, decoded in place; -1 where they are too many. */
static int read_form(char *body, struct field *fields) {
  int count = 0;
  for (char *pair = strtok(body, "&"); pair; pair = strtok(NULL, "&")) {
    char *value = strchr(pair, '=');
    if (!value || count == FIELDS_AT_MOST) return -1;
    *value++ = 0;
    decode(pair);
    decode(value);
    fields[count++] = (struct field){pair, value};
  }
  return count;
}

static const char *value_of(const struct field *fields, int count, const char *name) {
  for (int i = 0; i < count; i++)
    if (!strcmp(fields[i].name, name)) return fields[i].value;
  return "";
}

/* The answer to a form: a page, or what is wrong. */
static int answer(char *body, const char *script, char *out) {
  struct field fields[FIELDS_AT_MOST];
  char sig[33], number[24], salt[17], url[96], xml[1024];
  int count = read_form(body, fields);
  if (count < 0) return 0;
  sign_fields(fields, count, script, secret, sig);
  int length;
  if (strcmp(sig, value_of(fields, count, "pg_sig")) || !*value_of(fields, count, "pg_order_id")) {
    length = snprintf(xml, sizeof xml, "<?xml version=\"1.0\" encoding=\"utf-8\"?><response><pg_status>error</pg_status>"
      "<pg_error_code>9998</pg_error_code><pg_error_description>wrong signature</pg_error_description></response>");
  } else {
    int64_t payment = next_payment++;
    snprintf(number, sizeof number, "%lld", (long long)payment);
    snprintf(salt, sizeof salt, "%016llx", (unsigned long long)mixed((uint64_t)payment));
    snprintf(url, sizeof url, "https://customer.example/pay.html?customer=%s%016llx", salt, (unsigned long long)mixed(~(uint64_t)payment));
    struct field page[] = {{"pg_status", "ok"}, {"pg_payment_id", number}, {"pg_redirect_url", url}, {"pg_redirect_url_type", "need data"}, {"pg_salt", salt}};
    sign_fields(page, 5, script, secret, sig);
    length = snprintf(xml, sizeof xml, "<?xml version=\"1.0\" encoding=\"utf-8\"?><response><pg_status>ok</pg_status><pg_payment_id>%s</pg_payment_id>"
      "<pg_redirect_url>%s</pg_redirect_url><pg_redirect_url_type>need data</pg_redirect_url_type><pg_salt>%s</pg_salt><pg_sig>%s</pg_sig></response>",
      number, url, salt, sig);
  }
  return snprintf(out, OUT_ROOM, "HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", length, xml);
}

/* Answers every whole request in the buffer; 0 where the connection is to be closed. */
static int serve(struct connection *c) {
  for (;;) {
    c->in[c->length] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return c->length < IN_ROOM;
    char *field = strcasestr(c->in, "\r\ncontent-length:"), *space = strchr(c->in, ' ');
    if (!field || field > end || !space) return 0;
    long body = strtol(field + 17, NULL, 10), whole = end + 4 - c->in + body;
    if (body < 0 || whole > IN_ROOM) return 0;
    if (c->length < whole) return 1;
    char script[64] = "", out[OUT_ROOM], after = c->in[whole];
    char *stop = space + 1 + strcspn(space + 1, " ?"), *slash = stop;
    while (slash > space + 1 && slash[-1] != '/') slash--;
    snprintf(script, sizeof script, "%.*s", (int)(stop - slash), slash);
    c->in[whole] = 0;
    int length = answer(end + 4, script, out);
    c->in[whole] = after;
    /* An answer is far smaller than the socket's buffer, and a peer asks once at a time: it is written whole. */
    if (!length || SSL_write(c->ssl, out, length) != length) return 0;
    memmove(c->in, c->in + whole, (size_t)(c->length - whole));
    c->length -= (int)whole;
  }
}

static int readable(struct connection *c) {
  for (;;) {
    int count = SSL_read(c->ssl, c->in + c->length, IN_ROOM - c->length);
    if (count <= 0) {
      int error = SSL_get_error(c->ssl, count);
      ERR_clear_error();
      return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    }
    c->length += count;
    if (!serve(c)) return 0;
  }
}

static void drop(struct connection *c) {
  SSL_free(c->ssl);
  close(c->fd);
  free(c);
}

static SSL_CTX *context(const char *certificate, const char *key) {
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  if (!tls || SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 || SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
    ERR_print_errors_fp(stderr);
    exit(1);
  }
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
  return tls;
}

static int listening_socket(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&here, sizeof here) || listen(fd, 1024)) die("listen");
  return fd;
}

static void accept_all(int listener, int poll, SSL_CTX *tls) {
  for (int fd, one = 1; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection *c = calloc(1, sizeof *c);
    if (!c) die("calloc");
    c->fd = fd;
    c->ssl = SSL_new(tls);
    SSL_set_fd(c->ssl, fd);
    SSL_set_accept_state(c->ssl);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
  }
}

int main(int count, char **arguments) {
  if (count != 5) {
    fprintf(stderr, "usage: acquirer PORT CERTIFICATE KEY SECRET\n");
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  secret = arguments[4];
  /* Payment numbers of two runs over one store must differ. */
  next_payment = (int64_t)time(NULL) * 1000000;
  SSL_CTX *tls = context(arguments[2], arguments[3]);
  int listener = listening_socket((uint16_t)atoi(arguments[1])), poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
  if (epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event)) die("epoll_ctl");
  for (;;) {
    int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) accept_all(listener, poll, tls);
      else if (!readable(c)) drop(c);
    }
  }
}
