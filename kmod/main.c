// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: its parameters, and bringing its parts up and down. What is published comes up last
 * and goes down first.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "chime.h"
#include "netlink.h"

static char *host = "auto";
module_param(host, charp, 0444);
MODULE_PARM_DESC(host, "host clock: auto, kvm or none (auto)");

static unsigned int hostmaxerror_us;
module_param(hostmaxerror_us, uint, 0444);
MODULE_PARM_DESC(hostmaxerror_us, "bound of the error of the clocks of all hosts of this guest, in us, up to 3600000000; 0: not stated (0)");

static unsigned int hostdifference_us = 10000;
module_param(hostdifference_us, uint, 0444);
MODULE_PARM_DESC(hostdifference_us, "maximum difference between the clocks of two hosts of this guest, in us, up to 3600000000, where no bound of their error is stated; 0: a pause or revert never ends on another host (10000)");

static unsigned int check_ms;
module_param(check_ms, uint, 0444);
MODULE_PARM_DESC(check_ms, "interval between readings of the host clock on a busy machine, in ms, 1 to 60000; 0: 5 to 20, by what a reading costs (0)");

static unsigned int idle_check_ms = 1000;
module_param(idle_check_ms, uint, 0444);
MODULE_PARM_DESC(idle_check_ms, "maximum interval between checks of the host clock on an idle machine, in ms, 1 to 60000 (1000)");

static unsigned int slew_ppm = 500;
module_param(slew_ppm, uint, 0444);
MODULE_PARM_DESC(slew_ppm, "rate at which small changes of the timescale's phase are slewed in, in ppm, 1 to 100000 (500)");

static unsigned int holdover_s = 3600;
module_param(holdover_s, uint, 0444);
MODULE_PARM_DESC(holdover_s, "age from which a correction that was not renewed counts as holdover, in s, 1 to 86400 (3600)");

static bool genid = true;
module_param(genid, bool, 0444);
MODULE_PARM_DESC(genid, "listen to the VM generation id device, if there is one (Y)");

static bool vmclock = true;
module_param(vmclock, bool, 0444);
MODULE_PARM_DESC(vmclock, "watch the disruption marker and the generation counter of the vmclock device, if there is one (Y)");

static bool suspend = true;
module_param(suspend, bool, 0444);
MODULE_PARM_DESC(suspend, "listen to this machine's own suspends (Y)");

static char *rtc = "hint";
module_param(rtc, charp, 0444);
MODULE_PARM_DESC(rtc, "what to do about a jump of the RTC where there is no host clock: ignore, hint (report it) or trust (also follow it if no NTP server answers) (hint)");

static char *boot;
module_param(boot, charp, 0444);
MODULE_PARM_DESC(boot, "what to do about a wrong system clock at load: RULE[:THRESHOLD[:MAXIMUM]], forward[/backward]; RULE is step, slew or ignore (step:1s; step:1ms while the kernel starts)");

static char *disruption;
module_param(disruption, charp, 0444);
MODULE_PARM_DESC(disruption, "the same after a revert, pause, restore or suspend (step:1ms)");

static char *operator;
module_param(operator, charp, 0444);
MODULE_PARM_DESC(operator, "the same when an operator asks for a step (step)");

static struct chime chime;

static int __init chime_check_range(const char *name, unsigned int value, unsigned int maximum)
{
	if (value >= 1 && value <= maximum)
		return 0;
	pr_err("parameter %s=%u is not between 1 and %u: not loaded\n", name, value, maximum);
	return -EINVAL;
}

static int __init chime_check_parameters(void)
{
	int ret = chime_check_range("idle_check_ms", idle_check_ms, 60000);

	if (!ret && check_ms)
		ret = chime_check_range("check_ms", check_ms, 60000);
	if (!ret)
		ret = chime_check_range("slew_ppm", slew_ppm, 100000);
	if (!ret)
		ret = chime_check_range("holdover_s", holdover_s, 86400);
	if (!ret && hostmaxerror_us)
		ret = chime_check_range("hostmaxerror_us", hostmaxerror_us, 3600000000U);
	if (!ret && hostdifference_us)
		ret = chime_check_range("hostdifference_us", hostdifference_us, 3600000000U);
	return ret;
}

static int __init chime_set_rules(const char *name, const char *text,
				  enum truechime_occasion occasion)
{
	if (!text)
		return 0;
	chime.policy.stated[occasion] = true;
	if (!chime_policy_parse(text, chime.policy.rules[occasion]))
		return 0;
	pr_err("parameter %s=%s is not understood: write for example %s=step:10ms or %s=step:1s:1d/ignore; not loaded\n",
	       name, text, name, name);
	return -EINVAL;
}

static int __init chime_set_policy(void)
{
	int ret;

	chime_policy_defaults(&chime.policy);
	ret = chime_set_rules("boot", boot, TRUECHIME_OCCASION_BOOT);
	if (!ret)
		ret = chime_set_rules("disruption", disruption, TRUECHIME_OCCASION_DISRUPTION);
	if (!ret)
		ret = chime_set_rules("operator", operator, TRUECHIME_OCCASION_OPERATOR);
	return ret;
}

static int __init chime_open_host(void)
{
	int ret;

	rt_mutex_lock(&chime.lock);
	ret = chime_host_choose(&chime.host, host);
	chime_disruption_note_host_maxerror(&chime);
	if (!ret && chime_host_has_line(&chime.host))
		chime_timescale_set_reference(&chime.timescale, &chime.host.track.line, true, 0,
					      ktime_get_raw_ns());
	chime_unlock(&chime);
	if (ret == -ENOENT)
		pr_err("parameter host=%s is no host clock: auto, kvm or none; not loaded\n", host);
	else if (ret)
		pr_err("this machine does not offer the host clock %s; not loaded (host=auto takes what there is)\n",
		       host);
	return ret;
}

static void __init chime_announce(void)
{
	char phc[24] = "no PTP clock";
	int index;

	/* A netlink request may already choose another host clock. */
	rt_mutex_lock(&chime.lock);
	index = chime_phc_index(&chime);
	/* Not in a kernel without PTP. */
	if (index >= 0)
		snprintf(phc, sizeof(phc), "PTP clock ptp%d", index);
	if (chime.host.ops)
		chime_log_add(&chime.log, CHIME_LOG_NOTICE, "host clock %s (%s); %s\n",
			      chime.host.ops->name,
			      chime.host.track.last.exact ? "exact" : "bracketed", phc);
	else
		chime_log_add(&chime.log, CHIME_LOG_NOTICE,
			      "no host clock here: time comes from NTP alone; %s\n", phc);
	chime_unlock(&chime);
}

static int __init chime_init_rtc(void)
{
	static const char * const policies[] = {
		[TRUECHIME_RTC_IGNORE] = "ignore",
		[TRUECHIME_RTC_HINT] = "hint",
		[TRUECHIME_RTC_TRUST] = "trust",
	};
	int policy = match_string(policies, ARRAY_SIZE(policies), rtc);

	if (policy < 0) {
		pr_err("parameter rtc=%s is not ignore, hint or trust: not loaded\n", rtc);
		return -EINVAL;
	}
	if (!chime_rtc_supports(policy)) {
		pr_err("parameter rtc=%s: this kernel has no RTCs (CONFIG_RTC_CLASS), so that none can be trusted; not loaded\n",
		       rtc);
		return -EOPNOTSUPP;
	}
	chime_rtc_init(&chime, policy);
	return 0;
}

static void __init chime_start_witnesses(void)
{
	const struct chime_witness_options options = {
		.genid = genid,
		.vmclock = vmclock,
		.suspend = suspend,
	};

	chime_witness_start(&chime, &options);
}

static int __init chime_init(void)
{
	int ret = chime_check_parameters();

	if (!ret)
		ret = chime_set_policy();
	if (!ret)
		ret = chime_init_rtc();
	if (ret)
		return ret;

	chime_log_init(&chime.log);
	ret = chime_system_clock_init(&chime.system_clock, &chime.log);
	if (ret)
		return ret;
	rt_mutex_init(&chime.lock);
	chime_status_init(&chime);
	chime_timescale_init(&chime.timescale, &chime.lock, slew_ppm * CHIME_PPM_Q32,
			     holdover_s * NSEC_PER_SEC);
	chime_events_init(&chime.events, &chime.lock, &chime.log, ktime_get_real_ns());
	chime_host_init(&chime.host, &chime.lock, &chime.log);
	chime.host.stated_maxerror_ns = hostmaxerror_us * NSEC_PER_USEC;
	chime.host.unseen_most_ns = 2 * idle_check_ms * NSEC_PER_MSEC;
	chime.host.apart_ns = hostdifference_us * NSEC_PER_USEC;
	chime_timekeeper_start(&chime.timekeeper);
	ret = chime_open_host();
	if (ret)
		goto err_stop_timekeeper;
	chime_disruption_init(&chime);
	ret = chime_checks_init(&chime, check_ms, idle_check_ms);
	if (ret)
		goto err_close_host;
	ret = chime_phc_register(&chime);
	if (ret)
		goto err_exit_checks;
	/* From here on anybody may ask. */
	rt_mutex_lock(&chime.lock);
	chime_unlock(&chime);
	ret = chime_netlink_register(&chime);
	if (ret)
		goto err_unregister_phc;
	chime_checks_start(&chime);
	chime_disruption_start(&chime, !!boot);
	chime_start_witnesses();
	chime_checks_start_busy(&chime);
	chime_announce();
	return 0;

err_unregister_phc:
	chime_phc_unregister(&chime);
err_exit_checks:
	chime_checks_exit(&chime);
err_close_host:
	chime_host_close(&chime.host);
err_stop_timekeeper:
	chime_timekeeper_stop(&chime.timekeeper);
	chime_system_clock_exit(&chime.system_clock);
	return ret;
}

static void __exit chime_exit(void)
{
	/* The timers read what the witnesses have opened, and these may ask for a check. */
	chime_checks_stop_busy(&chime);
	chime_witness_stop(&chime);
	chime_checks_stop(&chime);
	chime_netlink_unregister();
	chime_phc_unregister(&chime);
	/* Requests to both check the host, and a check may start a reading of the RTC. */
	chime_rtc_stop(&chime);
	chime_checks_exit(&chime);
	chime_host_close(&chime.host);
	chime_timekeeper_stop(&chime.timekeeper);
	chime_system_clock_exit(&chime.system_clock);
}

module_init(chime_init);
module_exit(chime_exit);

MODULE_DESCRIPTION("True time for virtual machines: host clock, PTP clock, and a system clock repaired after reverts");
MODULE_AUTHOR("The truechime authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(CHIME_VERSION);
