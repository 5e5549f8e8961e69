// libexpat as a Swift module: the XML parser of the system (Debian: libexpat1-dev).
#ifndef PAYLINK_CEXPAT_H
#define PAYLINK_CEXPAT_H

#include <expat.h>

#endif
