/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * relay - commands the gates between the two hosts. Between two tun devices they are
 * in a thread of this program that copies the packets; behind a card, in the card.
 */
#ifndef TRUTH_RELAY_H
#define TRUTH_RELAY_H

#include "gates.h"

void relay_start(int tun_here, int tun_there);

/* From now on command the gates of the card, over this port. */
void relay_use_card(int port);

void relay_follow(uint16_t port);
void relay_weather(enum weather weather, enum late late, struct rng *r);
void relay_pause(bool pause);
void relay_hold(void);
void relay_release(enum order order, struct rng *r);
void relay_drop(uint32_t from, uint32_t to);
void relay_undrop(bool deliver);
void relay_hold_acks(bool hold);
void relay_seen(struct gate_seen *ret);

/* For each byte of the stream: whether it was transmitted in another version than first. */
const uint8_t *relay_changes(void);

#endif
