/// libcurl for Swift: curl's own header, and one typed wrapper for each shape of its variadic functions, which Swift cannot call.
/// The caller keeps to the type that the option's page names; nothing here checks it.
#ifndef PAYLINK_CCURL_H
#define PAYLINK_CCURL_H

#include <curl/curl.h>

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) { return (curl_easy_setopt)(easy, option, value); }

static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) { return (curl_easy_setopt)(easy, option, value); }

static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) { return (curl_easy_setopt)(easy, option, value); }

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) { return (curl_easy_setopt)(easy, option, value); }

static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return (curl_easy_setopt)(easy, option, value);
}

/// For READFUNCTION, WRITEFUNCTION and HEADERFUNCTION, which share one shape.
static inline CURLcode ccurl_set_bytes_function(CURL *easy, CURLoption option, size_t (*function)(char *, size_t, size_t, void *)) {
  return (curl_easy_setopt)(easy, option, function);
}

static inline CURLcode ccurl_set_prerequest_function(CURL *easy, curl_prereq_callback function) {
  return (curl_easy_setopt)(easy, CURLOPT_PREREQFUNCTION, function);
}

static inline CURLcode ccurl_set_socket_option_function(CURL *easy, curl_sockopt_callback function) {
  return (curl_easy_setopt)(easy, CURLOPT_SOCKOPTFUNCTION, function);
}

static inline CURLcode ccurl_set_open_socket_function(CURL *easy, curl_opensocket_callback function) {
  return (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}

static inline CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value) { return (curl_easy_getinfo)(easy, info, value); }

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode ccurl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
  return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode ccurl_multi_set_socket_function(CURLM *multi, curl_socket_callback function) {
  return (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, function);
}

static inline CURLMcode ccurl_multi_set_timer_function(CURLM *multi, curl_multi_timer_callback function) {
  return (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, function);
}

/// The result of a message of `curl_multi_info_read`; it stands in a union, which Swift reads less plainly.
static inline CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }

#endif
