// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* net - see net.h. ip(8) makes the devices once; netlink sets what each flow needs. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "far.h"
#include "lib/say.h"
#include "noise.h"
#include "port.h"

#define BUFFER (8 << 20)
#define SMALL_WINDOW (24 << 10)

static const char make_devices[] =
	"set -e\n"
	"ip netns add here; ip netns add there\n"
	"ip -n here link set lo up; ip -n there link set lo up\n"
	"ip link add ve0 netns here type veth peer name ve1 netns there\n"
	"ip -n here addr add 10.81.0.1/24 dev ve0; ip -n here link set ve0 up\n"
	"ip -n there addr add 10.81.0.2/24 dev ve1; ip -n there link set ve1 up\n"
	"ip -n there addr add 10.81.0.3/32 dev ve1\n"
	"ip -n here route add 10.81.0.2/32 dev ve0 src 10.81.0.1 rto_min 100s\n"
	"ip -n here route add 10.81.0.3/32 dev ve0 src 10.81.0.1 rto_min 20ms\n"
	"for ns in here there; do\n"
	"  ip netns exec $ns sysctl -qw net.ipv4.tcp_no_metrics_save=1"
	" net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1\n"
	"done\n";
static const char make_tun[] =
	"set -e\n"
	"ip -n here addr add 10.82.0.1/24 dev tun0\n"
	"ip -n here link set tun0 mtu 9000 txqueuelen 1000 up\n"
	"ip -n there addr add 10.82.0.2/24 dev tun1; ip -n there addr add 10.82.0.3/32 dev tun1\n"
	"ip -n there link set tun1 mtu 9000 up\n"
	"ip -n here route add 10.82.0.2/32 dev tun0 src 10.82.0.1 rto_min 100s initcwnd 40\n"
	"ip -n here route add 10.82.0.3/32 dev tun0 src 10.82.0.1 rto_min 20ms\n";

static const char make_card[] =
	"set -e\n"
	"ip link set eth0 netns here\n"
	"ip -n here addr add 10.83.0.1/24 dev eth0; ip -n here link set eth0 mtu 9000 up\n"
	"for host in 2 3; do\n"
	"  ip -n here neigh add 10.83.0.$host lladdr 52:54:00:00:83:02 dev eth0 nud permanent\n"
	"done\n"
	"ip -n here route add 10.83.0.2/32 dev eth0 src 10.83.0.1 rto_min 100s initcwnd 40\n"
	"ip -n here route add 10.83.0.3/32 dev eth0 src 10.83.0.1 rto_min 20ms\n";
static const char make_reader[] =
	"set -e\n"
	"sysctl -qw net.ipv4.tcp_no_metrics_save=1\n"
	"ip addr add 10.83.0.2/24 dev eth0; ip addr add 10.83.0.3/32 dev eth0\n"
	"ip link set eth0 mtu 9000 up\n"
	"ip neigh add 10.83.0.1 lladdr 52:54:00:00:83:01 dev eth0 nud permanent\n";

static int own_ns, ns[2];		/* 0 here, 1 there */
static int netlink;			/* in here */
static int tail_probe;			/* the sysctl, in here */
static int tun;
static unsigned int ifindex[NET_MAX];
static int listener[NET_MAX][2];	/* by small_window */
static struct plan set;			/* what the devices are set to */

static void enter(int fd)
{
	must(!setns(fd, CLONE_NEWNET), "setns");
}

void net_addr(struct sockaddr_in *addr, enum net net, unsigned int host, uint16_t port)
{
	*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	addr->sin_addr.s_addr = htonl(net == NET_LO ? INADDR_LOOPBACK :
				      10u << 24 | (80 + net) << 16 | host);
}

uint16_t net_port(enum net net, bool small)
{
	return 8000 + 2 * net + small;
}

int net_listener(enum net net, bool small)
{
	return listener[net][small];
}

int net_socket(void)
{
	int fd;

	enter(ns[0]);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	enter(own_ns);
	must(fd >= 0, "socket");
	return fd;
}

static int make_listener(enum net net, bool small)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = small ? SMALL_WINDOW : BUFFER;
	struct sockaddr_in addr;

	must(fd >= 0, "socket");
	net_addr(&addr, net, 0, net_port(net, small));
	if (net != NET_LO)
		addr.sin_addr.s_addr = htonl(INADDR_ANY);
	must(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)), "SO_RCVBUFFORCE");
	must(!bind(fd, (void *)&addr, sizeof(addr)), "bind");
	must(!listen(fd, 8), "listen");
	return fd;
}

static int open_tun(const char *name)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), size = 10;

	must(fd >= 0, "/dev/net/tun");
	strcpy(req.ifr_name, name);
	must(!ioctl(fd, TUNSETIFF, &req), "TUNSETIFF");
	must(!ioctl(fd, TUNSETVNETHDRSZ, &size), "TUNSETVNETHDRSZ");
	return fd;
}

/* Send one request and read its answer. The attributes stand behind msg. */
static void ask(struct nlmsghdr *msg, const char *what)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char more[512];
	} answer;
	ssize_t n;

	msg->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	must(send(netlink, msg, msg->nlmsg_len, 0) == (ssize_t)msg->nlmsg_len, "%s", what);
	n = recv(netlink, &answer, sizeof(answer), 0);
	must(n >= (ssize_t)NLMSG_LENGTH(sizeof(answer.err)), "%s: answer", what);
	errno = -answer.err.error;
	must(!answer.err.error, "%s", what);
}

static void *attr(struct nlmsghdr *msg, unsigned short type, const void *data, unsigned short len)
{
	struct rtattr *a = (void *)((char *)msg + NLMSG_ALIGN(msg->nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	msg->nlmsg_len = NLMSG_ALIGN(msg->nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void plug_ask(enum net net, int action, unsigned short flags)
{
	struct tc_plug_qopt opt = { .action = action, .limit = 1u << 30 };
	struct {
		struct nlmsghdr head;
		struct tcmsg tc;
		char attrs[128];
	} req = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(req.tc)), .nlmsg_type = RTM_NEWQDISC,
			  .nlmsg_flags = flags },
		.tc = { .tcm_ifindex = ifindex[net], .tcm_handle = 1 << 16,
			.tcm_parent = TC_H_ROOT },
	};

	attr(&req.head, TCA_KIND, "plug", 5);
	attr(&req.head, TCA_OPTIONS, &opt, sizeof(opt));
	ask(&req.head, "plug");
}

void net_plug(enum net net, bool plug)
{
	plug_ask(net, plug ? TCQ_PLUG_BUFFER : TCQ_PLUG_RELEASE_INDEFINITE, 0);
}

/* Limit how many segments one skb can have that reaches the device. */
static void set_gso(enum net net, uint32_t segments)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
		char attrs[64];
	} req = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(req.info)), .nlmsg_type = RTM_NEWLINK },
		.info = { .ifi_index = ifindex[net] },
	};

	attr(&req.head, IFLA_GSO_MAX_SEGS, &segments, sizeof(segments));
	ask(&req.head, "gso_max_segs");
}

static void set_offload(unsigned int offload)
{
	static const unsigned int flags[] = { 0, TUN_F_CSUM, TUN_F_CSUM | TUN_F_TSO4 };

	must(!ioctl(tun, TUNSETOFFLOAD, flags[offload]), "TUNSETOFFLOAD");
}

void net_make(int *ret_tun_here, int *ret_tun_there)
{
	must(!system(make_devices), "cannot make namespaces");
	own_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ns[0] = open(NET_SENDERS, O_RDONLY | O_CLOEXEC);
	ns[1] = open("/run/netns/there", O_RDONLY | O_CLOEXEC);
	must(own_ns >= 0 && ns[0] >= 0 && ns[1] >= 0, "namespaces");
	enter(ns[1]);
	*ret_tun_there = open_tun("tun1");
	must(!ioctl(*ret_tun_there, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4), "TUNSETOFFLOAD");
	enter(ns[0]);
	*ret_tun_here = tun = open_tun("tun0");
	must(!system(make_tun), "cannot set the tun devices up");
	ifindex[NET_LO] = if_nametoindex("lo");
	ifindex[NET_VETH] = if_nametoindex("ve0");
	ifindex[NET_TUN] = if_nametoindex("tun0");
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	tail_probe = open("/proc/sys/net/ipv4/tcp_early_retrans", O_RDWR | O_CLOEXEC);
	must(netlink >= 0 && tail_probe >= 0, "netlink and sysctl");
	for (enum net net = NET_LO; net <= NET_TUN; net++) {
		if (net != NET_LO) {
			plug_ask(net, TCQ_PLUG_BUFFER, NLM_F_CREATE | NLM_F_REPLACE);
			net_plug(net, false);
		}
		enter(ns[net != NET_LO]);
		for (int small = 0; small < 2; small++)
			listener[net][small] = make_listener(net, small);
		enter(ns[0]);
	}
	set_offload(0);
	enter(own_ns);
}

/* The bench is about cards that read pages by themselves: this one has to. */
static void check_card(void)
{
	static const struct { uint32_t ask; const char *name; } wanted[] = {
		{ ETHTOOL_GSG, "scatter-gather" },
		{ ETHTOOL_GTXCSUM, "checksums of transmitted packets" },
		{ ETHTOOL_GTSO, "segmentation" },
	};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(sock >= 0, "socket");
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct ethtool_value value = { .cmd = wanted[i].ask };
		struct ifreq req = { .ifr_name = "eth0", .ifr_data = (void *)&value };

		must(!ioctl(sock, SIOCETHTOOL, &req), "ethtool");
		errno = 0;
		must(value.data, "the card has no %s", wanted[i].name);
	}
	close(sock);
}

int net_make_card(void)
{
	must(!system(make_card), "cannot set the card up");
	enter(ns[0]);
	check_card();
	ifindex[NET_CARD] = if_nametoindex("eth0");
	plug_ask(NET_CARD, TCQ_PLUG_BUFFER, NLM_F_CREATE | NLM_F_REPLACE);
	net_plug(NET_CARD, false);
	enter(own_ns);
	far_start(port_open("reader"));
	return port_open("order");
}

void net_serve_reader(void)
{
	must(!system(make_reader), "cannot set the card up");
	for (int small = 0; small < 2; small++)
		listener[NET_CARD][small] = make_listener(NET_CARD, small);
	noise_sink();
	far_serve(port_open("reader"), listener[NET_CARD]);
}

void net_configure(const struct plan *p)
{
	static bool one[NET_MAX];

	if (p->net == NET_TUN && set.offload != p->offload) {
		set_offload(p->offload);
		set.offload = p->offload;
	}
	if (one[p->net] != p->one_segment) {
		set_gso(p->net, p->one_segment ? 1 : 65535);
		one[p->net] = p->one_segment;
	}
	must(pwrite(tail_probe, p->tail_probe ? "3" : "0", 1, 0) == 1, "tcp_early_retrans");
}
