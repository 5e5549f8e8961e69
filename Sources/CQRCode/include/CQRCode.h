// libqrencode as a Swift module: turns text into the matrix of a QR code (Debian: libqrencode-dev).
#ifndef PAYLINK_CQRCODE_H
#define PAYLINK_CQRCODE_H

#include <qrencode.h>

#endif
