// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim SCENARIO...: runs scenarios and says of each whether it stayed within its limits.
 * sim --plot FILE.svg SCENARIO: the clock's error and its bound as a picture.
 */
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"
#include "scenario.h"

static bool check(const char *path, const struct scenario *scenario,
		  const double value[SCENARIO_QUANTITIES])
{
	bool good = true;
	size_t i;

	for (i = 0; i < scenario->limits; i++) {
		const struct scenario_limit *limit = &scenario->limit[i];
		double found = value[limit->quantity];
		bool within = found >= limit->least && found <= limit->most;

		good = good && within;
		printf("# %s %-18s %12.6g  (%g to %g)%s\n", path,
		       scenario_quantity_name(limit->quantity), found, limit->least, limit->most,
		       within ? "" : "  MISSED");
	}
	return good;
}

static bool run(char *path)
{
	double value[SCENARIO_QUANTITIES];
	struct scenario scenario;
	bool good = false;
	char *name;

	if (!scenario_read(path, &scenario) && !scenario_run(&scenario, value))
		good = check(basename(path), &scenario, value);
	name = basename(path);
	name[strcspn(name, ".")] = '\0';
	printf("%s sim/%s\n", good ? "ok" : "not ok", name);
	fflush(stdout);
	return good;
}

int main(int argc, char **argv)
{
	struct scenario scenario;
	int failed = 0;
	int i;

	if (argc == 4 && !strcmp(argv[1], "--plot"))
		return scenario_read(argv[3], &scenario) || plot_scenario(&scenario, argv[2]);
	if (argc < 2) {
		fprintf(stderr, "usage: sim SCENARIO...\n       sim --plot FILE.svg SCENARIO\n");
		return 2;
	}
	for (i = 1; i < argc; i++)
		failed += !run(argv[i]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
