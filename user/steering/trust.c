// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trust in the clock: its transitions.
 */
#include "steering/trust.h"

enum trust trust_after(enum trust trust, enum trust_event event)
{
	bool unconfirmed = trust_is_unconfirmed(trust);

	/* Other events do not matter while another program steers. */
	if (trust == TRUST_EXTERNAL)
		return event == TRUST_OTHERS_LEFT ? TRUST_FOLLOWING : TRUST_EXTERNAL;
	switch (event) {
	case TRUST_SOURCES_AGREE:
		return unconfirmed ? trust : TRUST_CONFIRMED;
	case TRUST_SOURCES_MEASURED:
		return TRUST_CONFIRMED;
	case TRUST_SOURCES_SILENT:
		return unconfirmed ? trust : TRUST_FOLLOWING;
	case TRUST_SOURCES_LOST:
		return unconfirmed ? TRUST_DISRUPTED : TRUST_HELD;
	case TRUST_TIME_REPAIRED:
		return trust_allows(trust) ? TRUST_REPAIRED : TRUST_DISRUPTED;
	case TRUST_TIME_DISRUPTED:
		return TRUST_DISRUPTED;
	case TRUST_OPERATOR_SET:
		return TRUST_HELD;
	case TRUST_HOST_ALONE:
		return unconfirmed ? TRUST_REPAIRED : TRUST_FOLLOWING;
	case TRUST_OTHERS_STEER:
		return TRUST_EXTERNAL;
	case TRUST_OTHERS_LEFT:
		break;
	}
	return trust;
}

const char *trust_name(enum trust trust)
{
	switch (trust) {
	case TRUST_UNKNOWN:
		break;
	case TRUST_FOLLOWING:
		return "following";
	case TRUST_CONFIRMED:
		return "confirmed";
	case TRUST_REPAIRED:
		return "repaired";
	case TRUST_DISRUPTED:
		return "disrupted";
	case TRUST_HELD:
		return "held";
	case TRUST_EXTERNAL:
		return "external";
	}
	return "unknown";
}
