// Reading PNG files with libpng (Debian: libpng-dev), whose simplified interface sets jumps that Swift must not see.
#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

/// Reads a whole PNG as grey, row by row, a byte a pixel, what is transparent on white.
/// @param pixels room for `capacity` bytes; a picture that needs more is not read.
/// @return 1 and the size, or 0 where it is no PNG, a broken one, or too large.
int cpng_read_gray(const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, uint32_t *width, uint32_t *height);

#endif
