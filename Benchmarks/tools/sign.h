/* pg_sig: MD5 over script;value1;value2;…;secret, the values in the order of their names, as 32 lowercase hex digits. */
#pragma once
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_AT_MOST 64

struct field {
  const char *name, *value;
};

static inline int field_order(const void *a, const void *b) {
  return strcmp(((const struct field *)a)->name, ((const struct field *)b)->name);
}

/* Sorts the fields, leaves pg_sig out, and writes 33 bytes. */
static inline void sign_fields(struct field *fields, int count, const char *script, const char *secret, char hex[33]) {
  static EVP_MD *md5;
  static EVP_MD_CTX *context;
  if (!md5) {
    md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    context = EVP_MD_CTX_new();
    if (!md5 || !context) abort();
  }
  unsigned char digest[16];
  qsort(fields, (size_t)count, sizeof *fields, field_order);
  EVP_DigestInit_ex(context, md5, NULL);
  EVP_DigestUpdate(context, script, strlen(script));
  for (int i = 0; i < count; i++) {
    if (!strcmp(fields[i].name, "pg_sig")) continue;
    EVP_DigestUpdate(context, ";", 1);
    EVP_DigestUpdate(context, fields[i].value, strlen(fields[i].value));
  }
  EVP_DigestUpdate(context, ";", 1);
  EVP_DigestUpdate(context, secret, strlen(secret));
  EVP_DigestFinal_ex(context, digest, NULL);
  for (int i = 0; i < 16; i++) {
    hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
    hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
  }
  hex[32] = 0;
}
