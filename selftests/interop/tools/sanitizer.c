// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the sanitizers of programs behave that others start without an environment: what they have
 * freed is soon used again, so that memory that grows is a leak; and they need not be loaded first.
 */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:verify_asan_link_order=0";
}
