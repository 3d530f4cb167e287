/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The golden screens of test_top.c: what is on the terminal, row by row.
 */
#ifndef TOP_SCREENS_H
#define TOP_SCREENS_H

static const char *const usual_screen[] = {
	"The clock is right to within 50.0 us (host kvm, corrected by NTP 12 s ago).",
	"Host clock   : kvm, chosen",
	"MS Name/IP address         Stratum Poll Reach LastRx Last sample",
	"^* 192.0.2.1                     2   6   377     5  +1149ns[+1149ns] +/- 4193ns",
	"^x 192.0.2.9                     2   6   377     5   -500ms[ -500ms] +/-  100ns",
	"Offset, ahead above 0, within the bound of its error: last 10 min",
	"+10000 s                                    |",
	"                                            |",
	"                                            |",
	"  +10 ms                                    |",
	"                                            |           ::::::::::::::::::::::::",
	"         ::********::::::::::::::********:::|          ********::::::::::::::***",
	"         ***::::::***::::::::::***::::::***:|        ***::::::***::::::::::***::",
	"       0 *::::::::::***::::::***::::::::::***      ***  ::::::::***:::::::**::::",
	"         :::::::::::::********::::::::::::::********    ::::::::::*********:::::",
	"                                            *           ::::::::::::::::::::::::",
	"                                            *",
	"                                            *",
	"                                            *",
	"-10000 s                                    *",
	"     UTC 22:26:40                       22:31:40                        22:36:40",
	"Disruptions and steps: 1",
	"2026-11-21 22:31:40 revert: reverted by 1 h, stepped",
	"q quit   n names   s sort (configured)   +/- span",
};

static const char *const braille_screen[] = {
	"The clock is right to within 50.0 us (host kvm, corrected by",
	"NTP 12 s ago).",
	"Host clock   : kvm, chosen",
	"MS Name/IP address         Stratum Poll Reach LastRx Last sa",
	"^* 192.0.2.1                     2   6   377     5  +1149ns[",
	"^x 192.0.2.9                     2   6   377     5   -500ms[",
	"Offset, ahead above 0, within the bound of its error: last 1",
	"+10000 s                          │",
	"                                  │",
	"   +1 ms                          │",
	"         ⢀⣀⣀⣀⣀⣀⣀⡀░░░░░░░░⢀⣀⣀⣀⣀⣀⣀⣀░│      ⢀⣀⣀⣀⣀⣀⣀⣀░░░░░░░░⢀⣀⣀",
	"       0 ⠏░░░░░░⠙⣆░░░░░░⣠⠏░░░░░░⠘⣆│     ⢠⠏ ░░░░░⠘⣆░░░░░░⢠⠏░░",
	"         ░░░░░░░░⠈⠉⠉⠉⠉⠉⠉⠁░░░░░░░░⠈⢹⠉⠉⠉⠉⠉⠉  ░░░░░░⠈⠉⠉⠉⠉⠉⠉⠉░░░",
	"                                  ⢸",
	"                                  ⢸",
	"-10000 s                          ⢸",
	"     UTC 22:26:40             22:31:40              22:36:40",
	"Disruptions and steps: 1",
	"2026-11-21 22:31:40 revert: reverted by 1 h, stepped",
	"q quit   n names   s sort (configured)   +/- span",
};

static const char *const small_screen[] = {
	"The clock is right to within 50.0 us",
	"(host kvm, corrected by NTP 12 s ago).",
	"Host clock   : kvm, chosen",
	"MS Name/IP address         Stratum Poll",
	"^* 192.0.2.1                     2   6",
	"^x 192.0.2.9                     2   6",
	"",
	"q quit   n names   s sort (configured)",
};

#endif /* TOP_SCREENS_H */
