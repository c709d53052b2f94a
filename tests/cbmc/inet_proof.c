// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves of IPv4 addresses as text that, for every text of 0 to MAX_V4 bytes, reading looks at no
 * byte beyond the text, writes none beyond the address, and ends. IPv6 texts are not proved: of 16
 * bytes, with the two nested loops over them, no solution was had in some minutes.
 *
 * prove read_v4 --unwind 18
 * seed read_v4 inet-octet-count
 */
#include "lyncedge_inet.c"
#include "proof.h"

/* "255.255.255.255", and a byte more. */
#define MAX_V4 16

static const char *any_text(const char *area, size_t size, size_t *len)
{
	*len = nondet_size();
	ASSUME(*len <= size);
	return area + size - *len;
}

void read_v4(void)
{
	char area[MAX_V4];
	u8 out[4];
	size_t len;
	const char *text = any_text(area, sizeof(area), &len);

	if (parse_v4(text, len, out))
		PROVE(len >= 7 && len <= 15);
}
