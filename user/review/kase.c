// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* kase.c - one case of review.h: made of an incident with its names, and as text. */
#include "review.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "names/cgroup_name.h"

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static const struct pf_range *first_of_verdict(const struct pf_incident *inc)
{
	for (size_t i = 0; i < inc->n_ranges; i++)
		if (inc->ranges[i].answer.verdict == inc->answer.verdict)
			return &inc->ranges[i];
	return inc->ranges;
}

static char *suspects_of(const struct shown *shown)
{
	char *text = NULL;
	size_t len;
	FILE *out;

	if (!shown->suspects_sought)
		return NULL;
	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (size_t i = 0; i < shown->n_suspects; i++)
		fprintf(out, "%s%s[%u]", i ? " " : "", shown->suspects[i].comm, shown->suspects[i].pid);
	fputs(shown->suspects_cut ? " ..." : "", out);
	fclose(out);
	return text;
}

int kase_new(struct kase *ret_case, __u64 n, const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	struct pf_range *ranges = calloc(inc->n_ranges, sizeof(*ranges));
	char evidence[PF_EVIDENCE_LEN];

	if (!ranges)
		return -ENOMEM;
	memcpy(ranges, inc->ranges, inc->n_ranges * sizeof(*ranges));
	*ret_case = (struct kase){
		.n = n, .wall_ns = shown->wall_ns, .inc = *inc, .view = shown->view,
		.writer_cgroup = copy(shown->writer_cgroup), .sender_cgroup = copy(shown->sender_cgroup),
		.deleted = shown->deleted, .path = copy(shown->path), .module = copy(shown->sender_module),
		.began = inc->op_rec ? inc->op_rec->began : 0, .suspects = suspects_of(shown),
		.evidence = copy(pf_range_evidence(first_of_verdict(inc), evidence, sizeof(evidence))),
	};
	ret_case->inc.ranges = ranges;
	ret_case->inc.op_rec = NULL;
	return 0;
}

void kase_free(struct kase *c)
{
	free((void *)c->inc.ranges);
	free(c->path);
	free(c->module);
	free(c->writer_cgroup);
	free(c->sender_cgroup);
	free(c->evidence);
	free(c->suspects);
}

const char *kase_file(const struct kase *c, char *buf, size_t size)
{
	char dev[FMT_DEV_LEN];

	if (pf_incident_no_file(&c->inc))
		snprintf(buf, size, "(user memory)");
	else if (c->path)
		snprintf(buf, size, "%s%s%s", c->view == PATH_WRITER ? "[writer's]" :
			 c->view == PATH_SENDER ? "[sender's]" : "", c->path, c->deleted ? " (deleted)" : "");
	else
		snprintf(buf, size, "[%s] inode %llu", fmt_dev(dev, c->inc.dev), c->inc.ino);
	return buf;
}

const char *kase_task(const struct pf_task *task, const char *module, char *buf, size_t size)
{
	if (pf_task_is_nobody(task))
		snprintf(buf, size, "?");
	else if (module)
		snprintf(buf, size, "%s [%s]", task->comm, module);
	else
		snprintf(buf, size, "%s[%u]", task->comm, task->pid);
	return buf;
}

const char *kase_who(const struct pf_task *task, const struct pf_who *who, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	if (!(task->flags & PF_TASK_WHO))
		return buf;
	n = snprintf(buf, size, "uid %u", who->uid);
	if (*who->exe && n < size)
		n += snprintf(buf + n, size - n, ", runs %s", who->exe);
	if (who->ppid && n < size)
		snprintf(buf + n, size - n, ", parent %s[%u]", who->parent, who->ppid);
	return buf;
}

const char *kase_cgroup(const struct pf_task *task, const struct pf_who *who, const char *path,
			char *buf, size_t size)
{
	struct cgroup_name name;

	*buf = '\0';
	if (!(task->flags & PF_TASK_WHO) || !who->cgroup)
		return buf;
	if (!path) {
		snprintf(buf, size, "[%llu]", who->cgroup);
		return buf;
	}
	cgroup_name(path, &name);
	snprintf(buf, size, "%s%s%s%s%s%s%s", path, *name.unit ? ", unit " : "", name.unit,
		 *name.container ? ", container " : "", name.container, *name.pod ? ", pod " : "", name.pod);
	return buf;
}
