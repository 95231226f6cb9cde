/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* vhost - the vhost-user protocol: how QEMU hands the rings of a guest's card to us. */
#ifndef CARD_VHOST_H
#define CARD_VHOST_H

#include "nic.h"

/* Obey one message. Returns false once QEMU has closed the socket. */
bool vhost_message(int sock, struct nic *c);

#endif
