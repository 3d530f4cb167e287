/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By which numbers two servers that ask each other know each other.
 */
#ifndef DISCIPLINE_SOURCE_IDENTITY_H
#define DISCIPLINE_SOURCE_IDENTITY_H

#include <stdint.h>

/**
 * struct source_identity - a source and this machine
 * @refid: the source's address as a reference id
 * @local_refid: the address at which it sees this machine; 0: not known
 */
struct source_identity {
	uint32_t refid;
	uint32_t local_refid;
};

#endif /* DISCIPLINE_SOURCE_IDENTITY_H */
