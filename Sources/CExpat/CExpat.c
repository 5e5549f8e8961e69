#include "CExpat.h"  // SwiftPM wants one source file in a C target.
