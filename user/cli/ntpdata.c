// SPDX-License-Identifier: GPL-2.0-only
/*
 * truechime ntpdata and sourcename: the latest packet of each server, or of one, in chronyc's
 * lines, and the name under which an address was configured.
 */
#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/names.h"
#include "ntp/address.h"
#include "ntp/refid.h"

/* chronyc's tests of packets in three groups, where there was no packet. */
#define TESTS_NONE	"000 000 0000"

/* The reference id that stands for an address. */
static unsigned int refid_of(const char *text)
{
	struct net_address address;

	return net_address_parse(text, AF_UNSPEC, &address) ? 0 : net_address_refid(&address);
}

static const char *leap_of(const json_t *ntp)
{
	return name_of_leap(json_text_of(ntp, "leap"), false);
}

static const char *mode_of(const json_t *ntp)
{
	switch (json_int_of(ntp, "mode", 0)) {
	case 1:
		return "Symmetric active";
	case 2:
		return "Symmetric passive";
	case 4:
		return "Server";
	}
	return "Invalid";
}

/* Of the reference of a server of stratum 1, which has letters. */
static struct refid_text reference_text(const json_t *ntp)
{
	return refid_text(json_int_of(ntp, "stratum", 0) <= 1 ?
			  (uint32_t)json_int_of(ntp, "refid", 0) : 0);
}

static const char *stamp_of(const json_t *source, const json_t *ntp, const char *key)
{
	if (!json_bool_of(ntp, "answered"))
		return "Invalid";
	if (json_bool_of(source, "hardware_timestamps"))
		return "Hardware";
	return json_bool_of(ntp, key) ? "Kernel" : "Daemon";
}

/* "111 111 1111" if it has passed all. */
static const char *tests_of(const json_t *ntp)
{
	const char *tests = json_text_of(ntp, "tests");

	return strlen(tests) == strlen(TESTS_NONE) ? tests : TESTS_NONE;
}

static void print_header(const char *address, const json_t *source, const json_t *ntp)
{
	const char *local = json_text_of(ntp, "local_address");

	printf("Remote address  : %s (%08X)\n"
	       "Remote port     : %d\n"
	       "Local address   : %s (%08X)\n"
	       "Leap status     : %s\n"
	       "Version         : %d\n"
	       "Mode            : %s\n"
	       "Stratum         : %d\n",
	       address, refid_of(address), (int)json_int_of(source, "port", 0),
	       *local ? local : "[UNSPEC]", refid_of(local), leap_of(ntp),
	       (int)json_int_of(ntp, "version", 0), mode_of(ntp),
	       (int)json_int_of(ntp, "stratum", 0));
}

static void print_times(const json_t *ntp)
{
	int poll = (int)json_int_of(ntp, "poll", 0);
	int precision = (int)json_int_of(ntp, "precision", 0);
	int64_t s = json_int_of(ntp, "reference_time_ns", 0) / 1000000000;

	printf("Poll interval   : %d (%.0f seconds)\n"
	       "Precision       : %d (%.9f seconds)\n"
	       "Root delay      : %.6f seconds\n"
	       "Root dispersion : %.6f seconds\n"
	       "Reference ID    : %08X (%s)\n"
	       "Reference time  : %s\n"
	       "Offset          : %+.9f seconds\n"
	       "Peer delay      : %.9f seconds\n"
	       "Peer dispersion : %.9f seconds\n"
	       "Response time   : %.9f seconds\n"
	       "Jitter asymmetry: %+.2f\n",
	       poll, ldexp(1, poll), precision, ldexp(1, precision),
	       seconds_of_ns(ntp, "root_delay_ns"), seconds_of_ns(ntp, "root_dispersion_ns"),
	       (unsigned int)json_int_of(ntp, "refid", 0), reference_text(ntp).text,
	       utc_column(s, "%a %b %d %T %Y").text,
	       seconds_of_ns(ntp, "offset_ns"), seconds_of_ns(ntp, "delay_ns"),
	       seconds_of_ns(ntp, "dispersion_ns"), seconds_of_ns(ntp, "response_ns"), 0.0);
}

static const char *yes(bool is_so)
{
	return is_so ? "Yes" : "No";
}

static long long count_of(const json_t *ntp, const char *key)
{
	return (long long)json_int_of(ntp, key, 0);
}

/* The last four lines are those of chrony 4.6. A card stamps both packets or none. */
static void print_rest(const json_t *source, const json_t *ntp)
{
	printf("NTP tests       : %s\n"
	       "Interleaved     : %s\n"
	       "Authenticated   : %s\n"
	       "TX timestamping : %s\n"
	       "RX timestamping : %s\n"
	       "Total TX        : %lld\n"
	       "Total RX        : %lld\n"
	       "Total valid RX  : %lld\n"
	       "Total good RX   : %lld\n"
	       "Total kernel TX : %lld\n"
	       "Total kernel RX : %lld\n"
	       "Total HW TX     : %lld\n"
	       "Total HW RX     : %lld\n",
	       tests_of(ntp),
	       yes(json_bool_of(ntp, "interleaved")), yes(json_bool_of(source, "authenticated")),
	       stamp_of(source, ntp, "kernel_sent"), stamp_of(source, ntp, "kernel_received"),
	       count_of(ntp, "sent"), count_of(ntp, "packets"), count_of(ntp, "valid"),
	       count_of(ntp, "good"), count_of(ntp, "sent_by_kernel"),
	       count_of(ntp, "received_by_kernel"), count_of(ntp, "by_hardware"),
	       count_of(ntp, "by_hardware"));
}

static void print_csv(const char *address, const json_t *source, const json_t *ntp)
{
	int poll = (int)json_int_of(ntp, "poll", 0);
	int precision = (int)json_int_of(ntp, "precision", 0);
	const char *local = json_text_of(ntp, "local_address");
	const char *tests = tests_of(ntp);

	printf("%s,%08X,%d,%s,%08X,%s,%d,%s,%d,%d,%.0f,%d,%.9f,%.6f,%.6f,%08X,%s,", address,
	       refid_of(address), (int)json_int_of(source, "port", 0),
	       *local ? local : "[UNSPEC]", refid_of(local), leap_of(ntp),
	       (int)json_int_of(ntp, "version", 0), mode_of(ntp),
	       (int)json_int_of(ntp, "stratum", 0), poll, ldexp(1, poll), precision,
	       ldexp(1, precision), seconds_of_ns(ntp, "root_delay_ns"),
	       seconds_of_ns(ntp, "root_dispersion_ns"), (unsigned int)json_int_of(ntp, "refid", 0),
	       reference_text(ntp).text);
	printf("%.9f,%.9f,%.9f,%.9f,%.9f,%.2f,%.3s,%.3s,%.4s,%s,%s,%s,%s,%lld,%lld,%lld,%lld",
	       seconds_of_ns(ntp, "reference_time_ns"), seconds_of_ns(ntp, "offset_ns"),
	       seconds_of_ns(ntp, "delay_ns"), seconds_of_ns(ntp, "dispersion_ns"),
	       seconds_of_ns(ntp, "response_ns"), 0.0,
	       tests, tests + 4, tests + 8,
	       yes(json_bool_of(ntp, "interleaved")), yes(json_bool_of(source, "authenticated")),
	       stamp_of(source, ntp, "kernel_sent"), stamp_of(source, ntp, "kernel_received"),
	       count_of(ntp, "sent"), count_of(ntp, "packets"), count_of(ntp, "valid"),
	       count_of(ntp, "good"));
	/* Since chrony 4.6. */
	printf(",%lld,%lld,%lld,%lld\n", count_of(ntp, "sent_by_kernel"),
	       count_of(ntp, "received_by_kernel"), count_of(ntp, "by_hardware"),
	       count_of(ntp, "by_hardware"));
}

/* @wanted: an address, in any of the ways to write it, or a name; NULL: all. */
static bool is_called(const json_t *source, const char *wanted)
{
	char text[NET_ADDRESS_TEXT_MAX];
	struct net_address address;

	if (!wanted || !strcasecmp(json_text_of(source, "name"), wanted))
		return true;
	if (net_address_parse(wanted, AF_UNSPEC, &address))
		return false;
	net_address_format(&address, text);

	return !strcmp(json_text_of(source, "address"), text);
}

static bool is_server(const json_t *source)
{
	return json_is_object(json_object_get(source, "ntp"));
}

static void print_source(const struct cli *cli, const json_t *source, bool alone)
{
	const json_t *ntp = json_object_get(source, "ntp");
	const char *address = json_text_of(source, "address");

	if (cli->csv) {
		print_csv(address, source, ntp);
		return;
	}
	if (!alone)
		putchar('\n');
	print_header(address, source, ntp);
	print_times(ntp);
	print_rest(source, ntp);
}

static void print_name(const struct cli *cli, const json_t *source, bool alone)
{
	(void)cli;
	(void)alone;
	puts(json_text_of(source, "name"));
}

/* Ask, and print what is @wanted, NULL: all: with JSON those sources, too. */
static int report(const struct cli *cli, const char *wanted,
		  void (*print)(const struct cli *cli, const json_t *source, bool alone))
{
	json_t *reply = NULL, *list = json_array(), *source;
	bool unresolved = false;
	size_t i;
	int err;

	err = client_ask(cli, "sources", &reply);
	if (err) {
		json_decref(list);
		return client_failed(cli, err, reply);
	}
	json_array_foreach(json_object_get(reply, "sources"), i, source) {
		if (!is_server(source) || !is_called(source, wanted))
			continue;
		if (*json_text_of(source, "address"))
			json_array_append(list, source);
		else
			unresolved = true;
	}
	json_decref(reply);
	err = wanted && !json_array_size(list) ? CLI_NOT : CLI_OK;
	if (err && unresolved)
		user_err("\"%s\" has no address yet, so it was not asked. See: truechime sources",
			 wanted);
	else if (err)
		user_err("no server has the address or name \"%s\". See: truechime sources",
			 wanted);
	else if (!cli->json)
		json_array_foreach(list, i, source)
			print(cli, source, wanted);
	if (cli->json && !err)
		print_json(json_pack("{s:b,s:O}", "ok", 1, "sources", list));
	json_decref(list);

	return err;
}

int verb_ntpdata(const struct cli *cli, int argc, char **argv)
{
	char text[NET_ADDRESS_TEXT_MAX];

	if (argc > 1)
		return cli_error("ntpdata takes one server's address or name, or nothing for all");

	return report(cli, argc ? word_of_source(cli, argv[0], text) : NULL, print_source);
}

int verb_sourcename(const struct cli *cli, int argc, char **argv)
{
	char text[NET_ADDRESS_TEXT_MAX];

	if (argc != 1)
		return cli_error("sourcename takes the address or name of a server");

	return report(cli, word_of_source(cli, argv[0], text), print_name);
}
