// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* worker.c - see worker.h. */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "clock.h"
#include "signals.h"

#define WAIT_NS (NSEC_PER_SEC / 20)
#define HURRY_NS (NSEC_PER_SEC / 5)	/* stuck_ns at the end of a session */
#define STACK_BYTES (1u << 20)

struct worker {
	struct worker_calls calls;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy, quit;
	unsigned int steps;
};

static void *run(void *ctx)
{
	struct worker *w = ctx;

	w->calls.begin(w->calls.ctx);
	pthread_mutex_lock(&w->lock);
	for (;;) {
		w->busy = false;
		pthread_cond_broadcast(&w->changed);
		while (!w->busy && !w->quit)
			pthread_cond_wait(&w->changed, &w->lock);
		if (w->quit)
			break;
		pthread_mutex_unlock(&w->lock);
		w->calls.work(w->calls.ctx);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int start_thread(struct worker *w)
{
	sigset_t all, was;
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return -err;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	err = pthread_create(&w->thread, &attr, run, w);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pthread_attr_destroy(&attr);
	/* The other reason for EAGAIN is said by ENOMEM as well: there is no room for it. */
	return err == EAGAIN ? -ENOMEM : -err;
}

int worker_new(struct worker **ret_worker, const struct worker_calls *calls)
{
	struct worker *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->calls = *calls;
	w->busy = true;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	err = start_thread(w);
	if (err) {
		free(w);
		return err;
	}
	pthread_mutex_lock(&w->lock);
	while (w->busy)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
	*ret_worker = w;
	return 0;
}

bool worker_go(struct worker *w)
{
	bool idle;

	pthread_mutex_lock(&w->lock);
	idle = !w->busy;
	w->busy = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return idle;
}

bool worker_is_busy(struct worker *w)
{
	bool busy;

	pthread_mutex_lock(&w->lock);
	busy = w->busy;
	pthread_mutex_unlock(&w->lock);
	return busy;
}

void worker_step(struct worker *w)
{
	__atomic_add_fetch(&w->steps, 1, __ATOMIC_RELAXED);
}

/* With the lock held: until it is idle, or nothing has moved for so long. */
static void wait_until_idle(struct worker *w, __u64 stuck_ns)
{
	unsigned int steps = __atomic_load_n(&w->steps, __ATOMIC_RELAXED);
	__u64 moved = clock_mono_ns();

	while (w->busy) {
		unsigned int now_steps = __atomic_load_n(&w->steps, __ATOMIC_RELAXED);
		__u64 now = clock_mono_ns(), wake = now + WAIT_NS;
		const struct timespec until = {
			.tv_sec = wake / NSEC_PER_SEC, .tv_nsec = wake % NSEC_PER_SEC,
		};

		if (now_steps != steps)
			moved = now;
		steps = now_steps;
		if (now - moved >= (signals_end_pending() ? HURRY_NS : stuck_ns))
			return;
		pthread_cond_clockwait(&w->changed, &w->lock, CLOCK_MONOTONIC, &until);
	}
}

bool worker_wait(struct worker *w, __u64 stuck_ns)
{
	bool idle;

	pthread_mutex_lock(&w->lock);
	wait_until_idle(w, stuck_ns);
	idle = !w->busy;
	pthread_mutex_unlock(&w->lock);
	return idle;
}

bool worker_free(struct worker *w)
{
	bool busy;

	if (!w)
		return true;
	pthread_mutex_lock(&w->lock);
	w->quit = true;
	pthread_cond_broadcast(&w->changed);
	wait_until_idle(w, HURRY_NS);
	busy = w->busy;
	pthread_mutex_unlock(&w->lock);
	if (busy)
		return false;
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return true;
}
