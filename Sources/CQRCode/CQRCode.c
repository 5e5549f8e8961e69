#include "CQRCode.h"  // SwiftPM wants one source file in a C target.
