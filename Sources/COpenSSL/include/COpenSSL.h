// OpenSSL for a server's side of TLS (Debian: libssl-dev): the few calls that Transport makes. Most of OpenSSL's own are macros or take structures that Swift
// cannot see, so its headers stand in COpenSSL.c only.
#ifndef PAYLINK_COPENSSL_H
#define PAYLINK_COPENSSL_H

#include <stdint.h>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

/// What a call on a session says where it is no count of bytes.
enum {
  /// The peer ended its side with close_notify.
  copenssl_ended = 0,
  /// Try again when the socket can be read, or written.
  copenssl_wants_read = -1,
  copenssl_wants_write = -2,
  /// The connection broke, or ended without close_notify: what came last may not be all.
  copenssl_cut_off = -3,
  /// The peer broke the protocol or refused ours; copenssl_failure tells more.
  copenssl_failed = -4,
};

/// Why a handshake failed: see copenssl_failure.
enum {
  copenssl_failure_other = 0,
  copenssl_failure_plain_http,
  copenssl_failure_version,
  copenssl_failure_cipher,
  copenssl_failure_application_protocol,
  copenssl_failure_alert,
};

/// Why a certificate or key is not taken.
enum {
  copenssl_taken = 0,
  copenssl_no_certificate,
  copenssl_weak_certificate,
  copenssl_no_key,
  copenssl_wrong_key,
};

/// A context for the server's side: TLS 1.2 and 1.3, forward secret AEAD ciphers, ALPN http/1.1, tickets, no compression, no renegotiation. NULL without memory.
SSL_CTX *copenssl_server_context(void);
void copenssl_free_context(SSL_CTX *context);
/// Takes the first certificate of a PEM text as the server's and the others as its chain.
int copenssl_use_certificates(SSL_CTX *context, const void *pem, int length);
/// Takes the private key of a PEM text, which must be that of the certificate. One with a password is not taken.
int copenssl_use_key(SSL_CTX *context, const void *pem, int length);
/// Seconds since 1970 at which the certificate begins and ends; 0, or -1 where it cannot be told.
int copenssl_validity(SSL_CTX *context, int64_t *begin, int64_t *end);

/// The server's side of TLS over a connected socket, which stays the caller's. NULL without memory.
SSL *copenssl_session(SSL_CTX *context, int descriptor);
void copenssl_free_session(SSL *session);
/// 1 when the handshake is done, otherwise one of the words above.
long copenssl_handshake(SSL *session);
/// How many bytes were read or written, or one of the words above. Where it is copenssl_cut_off, `error` is the socket's errno, 0 where the peer just ended its side.
long copenssl_read(SSL *session, void *buffer, unsigned long count, int *error);
long copenssl_write(SSL *session, const void *buffer, unsigned long count, int *error);
/// Sends close_notify, where the socket takes it.
void copenssl_end(SSL *session);
/// Whether bytes were taken from the socket that copenssl_read has not given out.
int copenssl_has_pending(const SSL *session);
int copenssl_is_resumed(const SSL *session);
/// Why the last call on this thread failed.
int copenssl_failure(void);

#endif
