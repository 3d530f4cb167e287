// SPDX-License-Identifier: GPL-2.0-only
/*
 * ntsforge FILE COUNT: makes keys of NTS cookies, writes them to FILE, which servers read as that
 * of their ntsdumpdir, and prints COUNT requests that are authentic by cookies of them, one after
 * the other, for ntpload: the timestamp of each ends with its place. It takes no key establishment
 * to get these.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ntp/nts_cookie.h"
#include "ntp/nts_server_keys.h"
#include "ntp/nts_session.h"
#include "ntp/packet.h"
#include "ntpload.h"

static void draw(void *bytes, size_t size)
{
	if (getrandom(bytes, size, 0) != (ssize_t)size) {
		perror("ntsforge: getrandom");
		exit(1);
	}
}

/* Keys for all of the server's places. */
static bool make_keys(const char *path, struct nts_cookie_keys *cookie_keys)
{
	uint8_t random[NTS_SERVER_KEYS][NTS_SERVER_KEY_RANDOM];
	char text[NTS_SERVER_KEYS_TEXT];
	struct nts_server_keys keys;
	FILE *file = fopen(path, "w");
	size_t length;

	if (!file) {
		perror(path);
		return false;
	}
	draw(random, sizeof(random));
	nts_server_keys_make(&keys, (const uint8_t (*)[NTS_SERVER_KEY_RANDOM])random);
	nts_cookie_keys_set(cookie_keys, &keys);
	length = nts_server_keys_write(&keys, 0, text, sizeof(text));
	if (fwrite(text, 1, length, file) == length && !fclose(file))
		return true;
	perror(path);
	return false;
}

/* A request of its own client: with a cookie, and without wanting more than it uses up. */
static size_t make_request(const struct nts_cookie_keys *cookie_keys, unsigned int place,
			   uint8_t *packet, size_t size)
{
	struct nts_keys keys = { .algorithm = AEAD_AES_SIV_CMAC_256 };
	uint8_t random[NTS_SESSION_RANDOM], nonce[AEAD_NONCE_MAX];
	struct nts_cookie cookies[NTS_COOKIES];
	struct nts_session session;
	uint64_t cookie;

	draw(&cookie, sizeof(cookie));
	draw(keys.c2s, sizeof(keys.c2s));
	draw(keys.s2c, sizeof(keys.s2c));
	draw(random, sizeof(random));
	for (int i = 0; i < NTS_COOKIES; i++) {
		draw(nonce, sizeof(nonce));
		nts_cookie_make(cookie_keys, &keys, nonce, &cookies[i]);
	}
	nts_session_begin(&session, &keys, NULL, cookies, NTS_COOKIES);
	request_write(packet, (cookie & ~(uint64_t)(WINDOW_MAX - 1)) | place);
	return nts_session_request(&session, random, packet, NTP_LENGTH, size);
}

int main(int argc, char **argv)
{
	static struct nts_cookie_keys cookie_keys;
	uint8_t packet[NTP_PACKET_MAX];
	unsigned int count;

	count = argc == 3 ? (unsigned int)atoi(argv[2]) : 0;
	if (!count || count > WINDOW_MAX) {
		fprintf(stderr, "usage: ntsforge FILE COUNT\n");
		return 2;
	}
	if (!make_keys(argv[1], &cookie_keys))
		return 1;
	for (unsigned int place = 0; place < count; place++) {
		size_t length = make_request(&cookie_keys, place, packet, sizeof(packet));

		if (!length || fwrite(packet, 1, length, stdout) != length)
			return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
