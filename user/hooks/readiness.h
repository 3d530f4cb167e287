/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A service that is ready while the clock is right. One that is ready cannot become unready: it
 * ends, and is started again.
 */
#ifndef READINESS_H
#define READINESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * readiness_run() - wait until the clock is right, tell the service manager, wait until it is not
 * @within_ns: how right the clock has to be
 * @is_right: called twice a second: is the clock right to within so many ns?
 *
 * What does not last for 0.1 s goes unnoticed: a clock that is stepped right that soon
 * after a disruption ends nothing.
 */
void readiness_run(int64_t within_ns, bool (*is_right)(int64_t within_ns));

#endif /* READINESS_H */
