// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* exposure_json.c - see exposure_json.h. */
#include "exposure_json.h"

#include "base/fmt.h"
#include "json.h"

static void put_file(struct json *j, const struct exposure *e)
{
	char dev[FMT_DEV_LEN];

	json_object(j, "file");
	json_path(j, e->path);
	json_text(j, "dev", fmt_dev(dev, e->dev));
	json_u64(j, "inode", e->ino);
	json_bool(j, "deleted", e->deleted);
	json_text(j, "seen_by", path_view_name(e->view));
	json_object_end(j);
}

static void put_writers(struct json *j, const struct exposure *e)
{
	json_array(j, "writers");
	for (size_t i = 0; i < e->n_openers; i++) {
		json_object(j, NULL);
		json_u64(j, "pid", e->openers[i].pid);
		json_text(j, "comm", e->openers[i].comm);
		json_bool(j, "open", e->openers[i].open);
		json_bool(j, "mapped", e->openers[i].mapped);
		json_object_end(j);
	}
	json_array_end(j);
	json_bool(j, "writers_sought", e->sought);
	json_bool(j, "writers_cut", e->openers_cut);
}

static void put_exposure(struct json *j, const struct exposure *e)
{
	char time[FMT_TIME_LEN];

	json_text(j, "time", fmt_time(time, e->wall_ns));
	json_object(j, "sender");
	json_u64(j, "pid", e->pid);
	json_text(j, "comm", e->comm);
	json_object_end(j);
	put_file(j, e);
	json_u64(j, "pages", e->pages);
	json_bool(j, "open", e->how & PF_EXPOSED_OPEN);
	json_bool(j, "mapped", e->how & PF_EXPOSED_MAPPED);
	put_writers(j, e);
	json_u64(j, "incidents", e->incidents);
}

int exposure_json(struct sink *sink, const struct exposure *e)
{
	struct json j;

	json_begin(&j);
	json_text(&j, "type", "exposure");
	put_exposure(&j, e);
	return json_end(&j, sink->out);
}

void json_put_exposed(struct json *j, const struct summary *sum)
{
	__u64 all = sum->totals.stats.count[PF_C_exposed], named = sum->exposures.pages;

	json_object(j, "exposed");
	json_u64(j, "files", sum->exposures.files);
	json_u64(j, "pages", all);
	json_u64(j, "unnamed_pages", all > named ? all - named : 0);
	json_array(j, "worst");
	for (size_t i = 0; i < sum->exposures.n; i++) {
		json_object(j, NULL);
		put_exposure(j, &sum->exposures.at[i]);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}
