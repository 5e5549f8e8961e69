#include "CZlib.h"

int czlib_deflate_init(z_streamp stream, int level) { return deflateInit(stream, level); }

int czlib_deflate_init_gzip(z_streamp stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
