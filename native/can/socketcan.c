#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "socketcan.h"
#include "host.h"
#include "hostuv.h"

#include <errno.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct SocketCan {
	SocketCanCalls calls;
	struct sxMachine *the;
	uv_poll_t *poll;
	int fd;
	bool gone, closed, pollClosed, inCallback, waiting;
};

static void release(SocketCan *can) {
	if (can->closed && can->pollClosed && !can->inCallback) free(can);
}

static void pollClosed(uv_handle_t *handle) {
	SocketCan *can = uv_handle_get_data(handle);
	free(handle);
	can->pollClosed = true;
	release(can);
}

static void lose(SocketCan *can, const char *why) {
	if (can->gone || can->closed) return;
	can->gone = true;
	uv_poll_stop(can->poll);
	can->calls.gone(can->calls.refcon, why);
}

static void ready(uv_poll_t *handle, int status, int events);

static void watch(SocketCan *can) {
	uv_poll_start(can->poll, HOST_UV_READABLE | (can->waiting ? HOST_UV_WRITABLE : 0), ready);
}

static void readAll(SocketCan *can) {
	while (!can->gone && !can->closed) {
		struct can_frame frame;
		ssize_t count = read(can->fd, &frame, sizeof frame);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
		if (count < 0) {
			lose(can, errno == ENETDOWN ? "the CAN interface is down" : "the CAN interface has gone");
			return;
		}
		if (count != sizeof frame) continue;
		CanFrame ours;
		SocketCanNews news;
		if (frame.can_id & CAN_ERR_FLAG) {
			socketCanNews(&frame, &news);
			can->calls.news(can->calls.refcon, &news);
		} else if (socketCanFromLinux(&frame, &ours)) {
			ours.timeUs = hostNowUs(can->the);
			can->calls.frame(can->calls.refcon, &ours);
		}
	}
}

static void ready(uv_poll_t *handle, int status, int events) {
	SocketCan *can = uv_handle_get_data((uv_handle_t *)handle);
	can->inCallback = true;
	if (status < 0) lose(can, "the CAN interface has gone");
	if (events & HOST_UV_READABLE) readAll(can);
	if ((events & HOST_UV_WRITABLE) && can->waiting && !can->gone && !can->closed) {
		can->waiting = false;
		watch(can);
		can->calls.writable(can->calls.refcon);
	}
	can->inCallback = false;
	release(can);
}

static bool configure(SocketCan *can, const char *name, const CanConfig *config, char *error, size_t errorSize) {
	struct ifreq request = {0};
	if (strlen(name) >= sizeof request.ifr_name) {
		snprintf(error, errorSize, "%s: a CAN interface has a name of up to 15 characters", name);
		return false;
	}
	strcpy(request.ifr_name, name);
	if (ioctl(can->fd, SIOCGIFINDEX, &request) != 0) {
		snprintf(error, errorSize, "%s: there is no such CAN interface", name);
		return false;
	}
	struct sockaddr_can address = {.can_family = AF_CAN, .can_ifindex = request.ifr_ifindex};
	if (bind(can->fd, (struct sockaddr *)&address, sizeof address) != 0) {
		snprintf(error, errorSize, "%s: is no CAN interface: %s", name, strerror(errno));
		return false;
	}
	struct can_filter filters[CAN_FILTERS];
	for (unsigned i = 0; i < config->filterCount; i++) {
		/* Format is part of the match, data or remote is not: as canFilterPasses. */
		filters[i].can_id = config->filters[i].id | (config->filters[i].extended ? CAN_EFF_FLAG : 0);
		filters[i].can_mask = config->filters[i].mask | CAN_EFF_FLAG;
	}
	if (config->filterCount > 0)
		setsockopt(can->fd, SOL_CAN_RAW, CAN_RAW_FILTER, filters, (socklen_t)(config->filterCount * sizeof *filters));
	can_err_mask_t errors = CAN_ERR_MASK;
	setsockopt(can->fd, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, &errors, sizeof errors);
	int own = config->mode == CAN_MODE_SELFTEST;
	setsockopt(can->fd, SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, &own, sizeof own);
	return true;
}

SocketCan *socketCanOpen(struct sxMachine *the, const char *name, const CanConfig *config, const SocketCanCalls *calls,
	char *error, size_t errorSize) {
	SocketCan *can = calloc(1, sizeof *can);
	if (!can) {
		snprintf(error, errorSize, "out of memory");
		return NULL;
	}
	can->calls = *calls;
	can->the = the;
	can->fd = socket(AF_CAN, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, CAN_RAW);
	if (can->fd < 0) {
		snprintf(error, errorSize, "%s: this computer's kernel has no CAN (%s)", name, strerror(errno));
		free(can);
		return NULL;
	}
	if (!configure(can, name, config, error, errorSize)) goto fail;
	can->poll = calloc(1, uv_handle_size(HOST_UV_POLL));
	if (!can->poll || uv_poll_init(hostLoop(the), can->poll, can->fd) < 0) {
		snprintf(error, errorSize, "%s cannot be watched", name);
		free(can->poll);
		goto fail;
	}
	uv_handle_set_data((uv_handle_t *)can->poll, can);
	watch(can);
	return can;
fail:
	close(can->fd);
	free(can);
	return NULL;
}

void socketCanClose(SocketCan *can) {
	if (!can || can->closed) return;
	can->closed = true;
	uv_poll_stop(can->poll);
	uv_close((uv_handle_t *)can->poll, pollClosed);
	close(can->fd);
}

int socketCanWrite(SocketCan *can, const CanFrame *frame) {
	if (can->gone || can->closed) return -1;
	struct can_frame theirs;
	socketCanToLinux(frame, &theirs);
	for (;;) {
		ssize_t count = write(can->fd, &theirs, sizeof theirs);
		if (count == sizeof theirs) return 1;
		if (count < 0 && errno == EINTR) continue;
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			can->waiting = true;
			watch(can);
			return 0;
		}
		/* The interface's own queue is full: poll says writable all the same, so the caller asks again by time. */
		return count < 0 && errno == ENOBUFS ? 0 : -1;
	}
}
