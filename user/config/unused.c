// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words that have no effect here and whose values are more than a form: what chronyd would refuse
 * is an error here, too.
 */
#include "config/reader.h"

#include <errno.h>
#include <strings.h>
#include <sys/socket.h>

#include "ntp/address.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Is each word one of the names? */
static int check_names(struct config_reader *reader, const char *directive,
		       const char *const *names, size_t name_count, int count, char **words)
{
	for (int i = 0; i < count; i++) {
		size_t n = 0;

		while (n < name_count && strcasecmp(names[n], words[i]))
			n++;
		if (n == name_count)
			return config_error(reader, "'%s' is nothing that '%s' knows", words[i],
					    directive);
	}

	return 0;
}

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
	static const char *const names[] = { "leaponly" };

	if (count == 3 && check_names(reader, "smoothtime", names, 1, 1, words + 2) < 0)
		return -EINVAL;

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
