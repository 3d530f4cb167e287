// SPDX-License-Identifier: GPL-2.0-only
/*
 * LD_PRELOAD=set_ahead.so qemu-system-x86_64 ...: QEMU as a hypervisor that gives a guest the time
 * back which it stood still. When it sets a guest's kvm-clock to what it was when the guest was
 * stopped, this adds the real time of then, and KVM sets the clock ahead by what has passed since
 * (KVM_CLOCK_REALTIME), as Cloud Hypervisor and Firecracker have it do.
 */
#include <dlfcn.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

/* Stops are few. The latest of them are remembered. */
#define STOPS	64

static struct stop {
	long long clock_ns;
	long long realtime_ns;
} stops[STOPS];

static unsigned int count;

static void remember(const struct kvm_clock_data *data)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	stops[count++ % STOPS] = (struct stop){
		.clock_ns = (long long)data->clock,
		.realtime_ns = now.tv_sec * 1000000000LL + now.tv_nsec,
	};
}

/* The real time when the clock showed what it is to be set to, by the nearest stop. */
static void add_realtime(struct kvm_clock_data *data)
{
	const struct stop *nearest = stops;
	unsigned int i;

	if (!count)
		return;
	for (i = 1; i < count && i < STOPS; i++)
		if (llabs(stops[i].clock_ns - (long long)data->clock) <
		    llabs(nearest->clock_ns - (long long)data->clock))
			nearest = &stops[i];
	data->realtime = (__u64)(nearest->realtime_ns +
				 ((long long)data->clock - nearest->clock_ns));
	data->flags |= KVM_CLOCK_REALTIME;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, ...);
	struct kvm_clock_data data;
	va_list arguments;
	void *argument;
	int ret;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	/* QEMU passes it as an int, which may be negative. */
	request = (unsigned int)request;
	if (request == KVM_SET_CLOCK) {
		data = *(const struct kvm_clock_data *)argument;
		add_realtime(&data);
		return next(fd, request, &data);
	}
	ret = next(fd, request, argument);
	if (!ret && request == KVM_GET_CLOCK)
		remember(argument);
	return ret;
}
