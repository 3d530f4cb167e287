/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files in which NTS keys and cookies wait for the next start: one for each address that was asked
 * for keys, named by it.
 */
#ifndef SOURCES_NTS_FILE_H
#define SOURCES_NTS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "ntp/nts_dump.h"

struct association;

/* Write what the association has, if that is something, and there is a directory for it. */
void nts_file_write(const struct association *association);

/*
 * Read the file of the address that it asks, and remove it, as no cookie is used twice. false:
 * there is none that can be used. @established_ns: raw instant of its keys. @dump: to be wiped.
 */
bool nts_file_read(const struct association *association, struct nts_dump *dump,
		   int64_t now_raw_ns, int64_t *established_ns);

#endif /* SOURCES_NTS_FILE_H */
