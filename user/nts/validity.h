/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For how long certificates are valid that are shown to clients.
 */
#ifndef NTS_VALIDITY_H
#define NTS_VALIDITY_H

#include <gnutls/gnutls.h>
#include <stdint.h>

/**
 * validity_end_s() - when a certificate expires, or the first of those who signed it
 * @credentials: with the file that has them
 * @pair: which of the files, in the order in which they were read
 *
 * Return: s of UTC since 1970; 0: it is not known.
 */
int64_t validity_end_s(gnutls_certificate_credentials_t credentials, unsigned int pair);

#endif /* NTS_VALIDITY_H */
