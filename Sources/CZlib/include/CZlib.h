// zlib as a Swift module (Debian: zlib1g-dev). deflateInit and deflateInit2 are macros, which Swift cannot see: these wrap them.
#ifndef PAYLINK_CZLIB_H
#define PAYLINK_CZLIB_H

#include <zlib.h>

// deflateInit: a zlib stream (RFC 1950) at the level.
int czlib_deflate_init(z_streamp stream, int level);

// deflateInit2 with windowBits 15 + 16: a gzip stream (RFC 1952) at the level.
int czlib_deflate_init_gzip(z_streamp stream, int level);

#endif
