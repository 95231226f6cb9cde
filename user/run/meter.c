// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * meter.c - see meter.h. Somebody else may let the kernel measure as well, at times of which we do
 * not know. So only what was counted between two looks is taken, if the same measurement of ours
 * was under way at both.
 */
#include "meter.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "confine.h"
#include "kernel/loader.h"
#include "kernel/measure.h"

#define MEASURE_MS 1250
#define REST_MS 58750

/* In memory that both processes see. */
struct meter_shared {
	__u64 since;	/* the kernel has measured since then; 0: it does not */
};

static bool hung_up(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd };

	return poll(&poll_fd, 1, ms) < 0 ? errno != EINTR : poll_fd.revents != 0;
}

/* It says that the kernel measures after that is so, and takes it back before. */
static int run(void *ctx, int fd)
{
	struct meter_shared *shared = ctx;
	struct err text;
	char go;

	confine_measurer(&text);
	if (read(fd, &go, 1) != 1)
		return 0;
	do {
		int measuring = measure_programs();

		if (measuring < 0) {
			log_info("what our own programs cost is not known: the kernel does not measure it: %s",
				 strerror(-measuring));
			return 1;
		}
		__atomic_store_n(&shared->since, clock_mono_ns(), __ATOMIC_SEQ_CST);
		hung_up(fd, MEASURE_MS);
		__atomic_store_n(&shared->since, 0, __ATOMIC_SEQ_CST);
		close(measuring);
	} while (!hung_up(fd, REST_MS));
	return 0;
}

int meter_start(struct meter *ret_meter)
{
	struct meter m = { 0 };
	int err;

	m.shared = mmap(NULL, sizeof(*m.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m.shared == MAP_FAILED)
		return -errno;
	err = helper_start(&m.helper, "pageflight-cost", run, m.shared);
	if (err)
		munmap(m.shared, sizeof(*m.shared));
	else
		*ret_meter = m;
	return err;
}

/* One that was killed does not take back what it said. */
static __u64 measuring_since(const struct meter *m)
{
	return hung_up(m->helper.fd, 0) ? 0 : __atomic_load_n(&m->shared->since, __ATOMIC_SEQ_CST);
}

void meter_look(struct meter *m, const struct loader *l, struct sampled_cost *sum)
{
	__u64 since, now, runs, run_ns;

	if (!m->helper.pid)
		return;
	if (!m->going)
		m->going = write(m->helper.fd, "\n", 1) == 1;
	since = measuring_since(m);
	if (since) {
		loader_cost(l, &runs, &run_ns);
		now = clock_mono_ns();
		if (since == m->since && since == measuring_since(m)) {
			sum->asked_ns += now - m->looked;
			sum->runs += runs - m->runs;
			sum->run_ns += run_ns - m->run_ns;
		}
		m->looked = now;
		m->runs = runs;
		m->run_ns = run_ns;
	}
	m->since = since;
}

void meter_stop(struct meter *m)
{
	if (!m->helper.pid)
		return;
	close(m->helper.fd);
	munmap(m->shared, sizeof(*m->shared));
	m->helper.pid = 0;
}
