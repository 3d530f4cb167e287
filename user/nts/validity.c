// SPDX-License-Identifier: GPL-2.0-only
/*
 * GnuTLS shows clients a certificate whatever its date is.
 */
#include "nts/validity.h"

#include <gnutls/x509.h>

int64_t validity_end_s(gnutls_certificate_credentials_t credentials, unsigned int pair)
{
	gnutls_x509_crt_t *chain;
	unsigned int count;
	int64_t end_s = 0;

	if (gnutls_certificate_get_x509_crt(credentials, pair, &chain, &count) < 0)
		return 0;
	for (unsigned int i = 0; i < count; i++) {
		time_t one_s = gnutls_x509_crt_get_expiration_time(chain[i]);

		if (one_s > 0 && (!end_s || one_s < end_s))
			end_s = one_s;
		gnutls_x509_crt_deinit(chain[i]);
	}
	gnutls_free(chain);

	return end_s;
}
