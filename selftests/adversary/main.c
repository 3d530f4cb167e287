// SPDX-License-Identifier: GPL-2.0-only
/*
 * adversary GAMES SEED: so many games from this seed on, on all processors. adversary --replay
 * SEED: one, told line by line. Names of variations may follow either.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "user/daemon/daemon.h"
#include "variation.h"
#include "world.h"

#define CONFIG_MAX	4096

/* One game takes a fraction of a second. */
#define GAME_LIMIT_S	60

#define WORKERS_MAX	64

/**
 * struct totals - what became of all games of a worker
 * @games: that were played
 * @died: of those, that did not come to their end
 * @verdicts: the sum
 */
struct totals {
	unsigned int games;
	unsigned int died;
	struct verdicts verdicts;
};

static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED)
		return memory;
	perror("adversary: mmap");
	exit(2);
}

/* In a process of its own, which ends when the game does. */
static void play(void)
{
	static char config[CONFIG_MAX];
	struct daemon_options options = {
		.config_text = config,
		.socket_path = "none",
		.no_module = world->kind == GUEST_ALONE,
	};
	struct itimerval limit = { .it_value.tv_sec = GAME_LIMIT_S };

	setpgid(0, 0);
	setitimer(ITIMER_PROF, &limit, NULL);
	game_config(config, sizeof(config));
	game_describe();
	guest_begin();
	if (world->kind != GUEST_ALONE)
		module_begin();
	_exit(daemon_run(&options) ? 1 : 0);
}

static bool has_failed(const struct verdicts *verdicts)
{
	return verdicts->lied || verdicts->stepped_wrongly || verdicts->bound_violations ||
	       verdicts->starved;
}

/* As they were named; none: plain games. */
static const char *variations = "";

static void report_failure(bool died)
{
	const struct verdicts *verdicts = &world->judge.verdicts;

	printf("not ok game %llu: %slied=%u stepped_wrongly=%u bound_violations=%u starved=%u",
	       (unsigned long long)world->seed, died ? "it died, " : "", verdicts->lied,
	       verdicts->stepped_wrongly, verdicts->bound_violations, verdicts->starved);
	printf(", again with: make -C selftests/adversary replay GAME=%llu VARIATIONS=%s\n",
	       (unsigned long long)world->seed, variations);
	fflush(stdout);
}

static void add_up(struct totals *totals, bool died)
{
	const struct verdicts *verdicts = &world->judge.verdicts;

	totals->games++;
	totals->died += died;
	totals->verdicts.lied += verdicts->lied;
	totals->verdicts.stepped_wrongly += verdicts->stepped_wrongly;
	totals->verdicts.bound_violations += verdicts->bound_violations;
	totals->verdicts.starved += verdicts->starved;
}

static void run_game(uint64_t seed, bool log, struct totals *totals)
{
	int status = 0;
	bool died;
	pid_t pid;

	memset(world, 0, sizeof(*world));
	world->seed = seed;
	world->log = log;
	game_draw();
	fflush(stdout);
	pid = fork();
	if (!pid)
		play();
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		perror("adversary: fork");
		exit(2);
	}
	if (!world->finished)
		printf("# game %llu ended with wait status %#x\n", (unsigned long long)seed,
		       (unsigned int)status);
	/* Snapshots of a game that died would go on in the next one's world. */
	kill(-pid, SIGKILL);
	died = !world->finished;
	add_up(totals, died);
	if (died || has_failed(&world->judge.verdicts))
		report_failure(died);
}

static void run_worker(int worker, int workers, uint64_t seed, uint64_t games,
		       struct totals *totals)
{
	uint64_t i;

	world = share(sizeof(*world));
	for (i = (uint64_t)worker; i < games; i += (uint64_t)workers)
		run_game(seed + i, false, totals);
	exit(0);
}

static void run_games(uint64_t games, uint64_t seed, struct totals *sum)
{
	int workers = (int)sysconf(_SC_NPROCESSORS_ONLN), i;
	struct totals *totals;

	if (workers < 1)
		workers = 1;
	if (workers > WORKERS_MAX)
		workers = WORKERS_MAX;
	totals = share(sizeof(*totals) * (size_t)workers);
	for (i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (!pid)
			run_worker(i, workers, seed, games, &totals[i]);
		if (pid < 0) {
			perror("adversary: fork");
			exit(2);
		}
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	for (i = 0; i < workers; i++) {
		sum->games += totals[i].games;
		sum->died += totals[i].died;
		sum->verdicts.lied += totals[i].verdicts.lied;
		sum->verdicts.stepped_wrongly += totals[i].verdicts.stepped_wrongly;
		sum->verdicts.bound_violations += totals[i].verdicts.bound_violations;
		sum->verdicts.starved += totals[i].verdicts.starved;
	}
}

static void report_result(const char *what, unsigned int count)
{
	printf("%s no game %s\n", count ? "not ok" : "ok", what);
}

static int report_sum(const struct totals *sum, uint64_t games)
{
	const struct verdicts *verdicts = &sum->verdicts;
	bool complete = sum->games == games && !sum->died;

	report_result("died", !complete);
	report_result("lied", verdicts->lied);
	report_result("stepped wrongly", verdicts->stepped_wrongly);
	report_result("broke a bound", verdicts->bound_violations);
	report_result("starved", verdicts->starved);
	printf("adversary: games=%u lied=%u stepped_wrongly=%u bound_violations=%u starved=%u\n",
	       sum->games, verdicts->lied, verdicts->stepped_wrongly, verdicts->bound_violations,
	       verdicts->starved);
	return has_failed(verdicts) || !complete;
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (*text && !*end)
		return value;
	fprintf(stderr, "adversary: \"%s\" is no number\n", text);
	exit(2);
}

int main(int argc, char **argv)
{
	struct totals sum = { 0 };

	if (argc == 4 && variation_choose(argv[3])) {
		fprintf(stderr, "adversary: \"%s\" names no variation\n", argv[3]);
		return 2;
	}
	if (argc == 4)
		variations = argv[--argc];
	if (argc == 3 && !strcmp(argv[1], "--replay")) {
		world = share(sizeof(*world));
		run_game(number_of(argv[2]), true, &sum);
		return report_sum(&sum, 1);
	}
	if (argc != 3) {
		fputs("Usage: adversary GAMES SEED [VARIATION,...]\n"
		      "       adversary --replay SEED [VARIATION,...]\n", stderr);
		return 2;
	}
	printf("# %s games from seed %s on\n", argv[1], argv[2]);
	fflush(stdout);
	run_games(number_of(argv[1]), number_of(argv[2]), &sum);
	return report_sum(&sum, number_of(argv[1]));
}
