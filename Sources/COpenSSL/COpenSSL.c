#include "COpenSSL.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

// MARK: - The socket
//
// OpenSSL's own socket BIO writes with write(2), and a peer that is gone would raise SIGPIPE.

static int socket_of(BIO *bio) { return (int)(intptr_t)BIO_get_data(bio); }

static int socket_read(BIO *bio, char *buffer, int count) {
  BIO_clear_retry_flags(bio);
  long received;
  do received = recv(socket_of(bio), buffer, (size_t)count, 0);
  while (received < 0 && errno == EINTR);
  if (received < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
  return (int)received;
}

static int socket_write(BIO *bio, const char *buffer, int count) {
  BIO_clear_retry_flags(bio);
  long sent;
  do sent = send(socket_of(bio), buffer, (size_t)count, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
  return (int)sent;
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *socket_method;
static CRYPTO_ONCE socket_method_once = CRYPTO_ONCE_STATIC_INIT;

static void make_socket_method(void) {
  socket_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "paylink socket");
  if (!socket_method) return;
  BIO_meth_set_read(socket_method, socket_read);
  BIO_meth_set_write(socket_method, socket_write);
  BIO_meth_set_ctrl(socket_method, socket_control);
}

// MARK: - The context

// RFC 7301 §3.2: of the protocols that we speak the client's list must hold one; a client without the extension speaks HTTP/1.
static int choose_protocol(
    SSL *session, const unsigned char **chosen, unsigned char *length, const unsigned char *offered, unsigned int count, void *argument) {
  (void)session, (void)argument;
  static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
  unsigned char *found;
  int is_found = SSL_select_next_proto(&found, length, ours, sizeof ours - 1, offered, count) == OPENSSL_NPN_NEGOTIATED;
  *chosen = found;
  return is_found ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A key with a password would ask for it at the terminal.
static int no_password(char *buffer, int size, int writing, void *argument) {
  (void)buffer, (void)size, (void)writing, (void)argument;
  return -1;
}

SSL_CTX *copenssl_server_context(void) {
  CRYPTO_THREAD_run_once(&socket_method_once, make_socket_method);
  SSL_CTX *context = socket_method ? SSL_CTX_new(TLS_server_method()) : NULL;
  if (!context) return NULL;
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(
      context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One recv a record instead of two.
  SSL_CTX_set_read_ahead(context, 1);
  // Tickets alone: a cache of sessions would be shared memory with a lock. One ticket a connection; who opens several asks for more.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_timeout(context, 3600);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
  int is_set = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION)
      && SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20")
      && SSL_CTX_set_session_id_context(context, (const unsigned char *)"paylink", 7);
  if (is_set) return context;
  SSL_CTX_free(context);
  return NULL;
}

void copenssl_free_context(SSL_CTX *context) { SSL_CTX_free(context); }

int copenssl_use_certificates(SSL_CTX *context, const void *pem, int length) {
  ERR_clear_error();
  BIO *text = BIO_new_mem_buf(pem, length);
  if (!text) return copenssl_no_certificate;
  X509 *certificate = PEM_read_bio_X509_AUX(text, NULL, no_password, NULL);
  int result = !certificate ? copenssl_no_certificate : SSL_CTX_use_certificate(context, certificate) == 1 ? copenssl_taken : copenssl_weak_certificate;
  X509_free(certificate);
  while (result == copenssl_taken && (certificate = PEM_read_bio_X509(text, NULL, no_password, NULL))) {
    if (SSL_CTX_add0_chain_cert(context, certificate) == 1) continue;
    X509_free(certificate);
    result = copenssl_weak_certificate;
  }
  // The end of the text is no fault, a certificate that cannot be read is one.
  unsigned long last = ERR_peek_last_error();
  if (result == copenssl_taken && last && ERR_GET_REASON(last) != PEM_R_NO_START_LINE) result = copenssl_no_certificate;
  BIO_free(text);
  ERR_clear_error();
  return result;
}

int copenssl_use_key(SSL_CTX *context, const void *pem, int length) {
  ERR_clear_error();
  BIO *text = BIO_new_mem_buf(pem, length);
  EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, no_password, NULL) : NULL;
  int is_taken = key && SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
  int result = is_taken ? copenssl_taken : key ? copenssl_wrong_key : copenssl_no_key;
  EVP_PKEY_free(key);
  BIO_free(text);
  ERR_clear_error();
  return result;
}

static int seconds(const ASN1_TIME *time, int64_t *result) {
  ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
  int days, rest;
  int is_told = epoch && ASN1_TIME_diff(&days, &rest, epoch, time) == 1;
  ASN1_TIME_free(epoch);
  if (is_told) *result = (int64_t)days * 86400 + rest;
  return is_told ? 0 : -1;
}

int copenssl_validity(SSL_CTX *context, int64_t *begin, int64_t *end) {
  X509 *certificate = SSL_CTX_get0_certificate(context);
  if (!certificate) return -1;
  return seconds(X509_get0_notBefore(certificate), begin) == 0 ? seconds(X509_get0_notAfter(certificate), end) : -1;
}

// MARK: - A session

SSL *copenssl_session(SSL_CTX *context, int descriptor) {
  SSL *session = SSL_new(context);
  BIO *bio = session ? BIO_new(socket_method) : NULL;
  if (!bio) {
    SSL_free(session);
    return NULL;
  }
  BIO_set_data(bio, (void *)(intptr_t)descriptor);
  BIO_set_init(bio, 1);
  SSL_set_bio(session, bio, bio);
  SSL_set_accept_state(session);
  return session;
}

void copenssl_free_session(SSL *session) { SSL_free(session); }

static long word(SSL *session, int result) {
  switch (SSL_get_error(session, result)) {
    case SSL_ERROR_ZERO_RETURN: return copenssl_ended;
    case SSL_ERROR_WANT_READ: return copenssl_wants_read;
    case SSL_ERROR_WANT_WRITE: return copenssl_wants_write;
    case SSL_ERROR_SYSCALL: return copenssl_cut_off;
    default: return copenssl_failed;
  }
}

// SSL_get_error looks at the thread's queue of errors: what another session left there is not ours. The same holds for errno.

long copenssl_handshake(SSL *session) {
  ERR_clear_error();
  int result = SSL_do_handshake(session);
  return result == 1 ? 1 : word(session, result);
}

long copenssl_read(SSL *session, void *buffer, unsigned long count, int *error) {
  ERR_clear_error();
  size_t received;
  errno = 0;
  int result = SSL_read_ex(session, buffer, count, &received);
  *error = errno;
  return result == 1 ? (long)received : word(session, result);
}

long copenssl_write(SSL *session, const void *buffer, unsigned long count, int *error) {
  ERR_clear_error();
  size_t sent;
  errno = 0;
  int result = SSL_write_ex(session, buffer, count, &sent);
  *error = errno;
  return result == 1 ? (long)sent : word(session, result);
}

void copenssl_end(SSL *session) {
  ERR_clear_error();
  SSL_shutdown(session);
}

int copenssl_has_pending(const SSL *session) { return SSL_has_pending(session); }

int copenssl_is_resumed(const SSL *session) { return SSL_session_reused(session); }

int copenssl_failure(void) {
  unsigned long error = ERR_peek_error();
  int reason = ERR_GET_REASON(error);
  // What the peer told us by an alert stands behind this offset.
  if (reason > SSL_AD_REASON_OFFSET) return copenssl_failure_alert;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return copenssl_failure_plain_http;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION: return copenssl_failure_version;
    case SSL_R_NO_SHARED_CIPHER: return copenssl_failure_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL: return copenssl_failure_application_protocol;
    default: return copenssl_failure_other;
  }
}
