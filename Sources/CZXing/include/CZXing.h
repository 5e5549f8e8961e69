// Reading QR codes with ZXing-C++ (Debian: libzxing-dev), which has no C interface of its own.
#ifndef CZXING_H
#define CZXING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Looks for one QR code in a grey picture, row by row, a byte a pixel, 0 = black.
/// @return the length of its bytes, of which at most `capacity` are written; -1 where no code is found, or a broken one.
ptrdiff_t czxing_read_qr(const uint8_t *pixels, int width, int height, uint8_t *text, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
