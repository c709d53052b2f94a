// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 (FIPS 180-4): one function, so that the tool needs no library for it. Names of variables
 * are the standard's, where it has some.
 */
#include "sha256.h"

#define BLOCK 64
#define ROUNDS 64
#define WORDS 8

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const u32 k[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static u32 rotr(u32 x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static void spread(u32 w[ROUNDS], const u8 *block)
{
	unsigned int t;

	for (t = 0; t < 16; t++, block += 4)
		w[t] = (u32)block[0] << 24 | block[1] << 16 | block[2] << 8 | block[3];
	for (; t < ROUNDS; t++) {
		u32 s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
		u32 s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;

		w[t] = w[t - 16] + s0 + w[t - 7] + s1;
	}
}

/* v: the standard's a to h. */
static void add_round(u32 v[WORDS], u32 word)
{
	u32 s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
	u32 s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
	u32 choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
	u32 majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
	u32 first = v[7] + s1 + choice + word;

	memmove(v + 1, v, (WORDS - 1) * sizeof(*v));
	v[4] += first;
	v[0] = first + s0 + majority;
}

static void add_block(u32 hash[WORDS], const u8 *block)
{
	u32 w[ROUNDS], v[WORDS];
	unsigned int i;

	spread(w, block);
	memcpy(v, hash, sizeof(v));
	for (i = 0; i < ROUNDS; i++)
		add_round(v, k[i] + w[i]);
	for (i = 0; i < WORDS; i++)
		hash[i] += v[i];
}

/* What is left of the data, a bit that is set, zeros, and how many bits there were. */
static void add_end(u32 hash[WORDS], const u8 *rest, size_t nr_rest, u64 bits)
{
	u8 end[2 * BLOCK] = { 0 };
	size_t len = nr_rest + 1 + sizeof(bits) <= BLOCK ? BLOCK : sizeof(end);
	unsigned int i;

	memcpy(end, rest, nr_rest);
	end[nr_rest] = 0x80;
	for (i = 0; i < sizeof(bits); i++)
		end[len - 1 - i] = bits >> 8 * i;
	add_block(hash, end);
	if (len > BLOCK)
		add_block(hash, end + BLOCK);
}

/**
 * sha256_text() - hash, as sha256sum prints it
 * @text: where to put it, 64 hexadecimal digits
 * @data: what is hashed
 * @len: length of @data
 */
void sha256_text(char text[SHA256_TEXT], const void *data, size_t len)
{
	/* Likewise of the square roots of the first eight. */
	u32 hash[WORDS] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	const u8 *at = data;
	size_t left = len;
	unsigned int i;

	for (; left >= BLOCK; left -= BLOCK, at += BLOCK)
		add_block(hash, at);
	add_end(hash, at, left, 8 * (u64)len);
	for (i = 0; i < WORDS; i++, text += 8)
		snprintf(text, 9, "%08x", hash[i]);
}
