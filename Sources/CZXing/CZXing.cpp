#define ZX_USE_UTF8 1
#include <ZXing/ReadBarcode.h>

#include <algorithm>

#include "CZXing.h"

ptrdiff_t czxing_read_qr(const uint8_t *pixels, int width, int height, uint8_t *text, size_t capacity) {
  // No exception may pass into C.
  try {
    ZXing::DecodeHints hints;
    hints.setFormats(ZXing::BarcodeFormat::QRCode);
    hints.setMaxNumberOfSymbols(1);
    const auto result = ZXing::ReadBarcode(ZXing::ImageView(pixels, width, height, ZXing::ImageFormat::Lum), hints);
    if (!result.isValid()) return -1;
    const auto &bytes = result.bytes();
    std::copy_n(bytes.begin(), std::min(bytes.size(), capacity), text);
    return static_cast<ptrdiff_t>(bytes.size());
  } catch (...) {
    return -1;
  }
}
