#include "CPNG.h"

#include <png.h>
#include <string.h>

int cpng_read_gray(const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, uint32_t *width, uint32_t *height) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, bytes, count)) return 0;
  if ((size_t)image.width * image.height > capacity) {
    png_image_free(&image);
    return 0;
  }
  image.format = PNG_FORMAT_GRAY;
  const png_color white = {255, 255, 255};
  if (!png_image_finish_read(&image, &white, pixels, (png_int_32)image.width, NULL)) return 0;
  *width = image.width;
  *height = image.height;
  return 1;
}
