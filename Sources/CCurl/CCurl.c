// The wrappers stand in the header; SwiftPM wants a source file beside it.
#include "CCurl.h"
