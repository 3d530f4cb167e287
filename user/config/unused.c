// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words that have no effect here and whose values are more than a form: what chronyd would refuse
 * is an error here, too.
 */
#include "config/reader.h"

#include <strings.h>
#include <sys/socket.h>

#include "ntp/address.h"

/* SECONDS ADDRESS [PORT] */
int config_check_broadcast(struct config_reader *reader, int count, char **words)
{
	static const struct config_option values = { "broadcast", CONFIG_MOOT, .form = "is?i" };
	struct net_address address;

	if (net_address_parse(words[1], AF_UNSPEC, &address))
		return config_error(reader, "'broadcast %s %s': an address was expected", words[0],
				    words[1]);

	return config_form_check(reader, &values, count, words);
}

/* FREQUENCY WANDER [leaponly] */
int config_check_smoothtime(struct config_reader *reader, int count, char **words)
{
	static const struct config_option values = { "smoothtime", CONFIG_MOOT, .form = "ff?s" };

	if (count == 3 && strcasecmp(words[2], "leaponly"))
		return config_error(reader, "'%s' is nothing that 'smoothtime' knows", words[2]);

	return config_form_check(reader, &values, count, words);
}

/* FILE INTERVAL T0 K0 K1 K2, or FILE INTERVAL POINTS-FILE */
int config_check_tempcomp(struct config_reader *reader, int count, char **words)
{
	static const struct config_option coefficients = {
		"tempcomp", CONFIG_MOOT, .form = "sfffff"
	};
	static const struct config_option points = { "tempcomp", CONFIG_MOOT, .form = "sfs" };

	if (count != 3 && count != 6)
		return config_error(reader, "'tempcomp' takes 3 or 6 values, not %d", count);

	return config_form_check(reader, count == 3 ? &points : &coefficients, count, words);
}
