/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), by which two gateways' policies are compared without either being sent.
 */
#ifndef LYNCEDGECTL_SHA256_H
#define LYNCEDGECTL_SHA256_H

#include "lyncedge_shim.h"

#define SHA256_TEXT (64 + 1)

void sha256_text(char text[SHA256_TEXT], const void *data, size_t len);

#endif /* LYNCEDGECTL_SHA256_H */
