/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mode.bpf.h - the content mode: how much the bytes themselves are looked at.
 */
#ifndef PF_MODE_BPF_H
#define PF_MODE_BPF_H

#include "maps.bpf.h"

/* Content is off until user space has found the memory map. */
static __always_inline int content_on(void)
{
	return cfg.content != PF_CONTENT_OFF && pf_page_offset;
}

/* In mode wire, transmissions are looked at too: from when user space has found all hooks attached. */
static __always_inline int content_wire(void)
{
	return cfg.content == PF_CONTENT_WIRE && pf_wire;
}

#endif
