#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tty.h"
#include "host.h"
#include "hostuv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

struct Tty {
	TtyConfig config;
	uv_poll_t *poll;
	int fd;
	bool pty, gone, closed;
	bool inCallback; /* the record must live until the callback returns */
	bool pollClosed;
	uint32_t latencyUs;
	uint8_t *backlog; /* not taken by the kernel yet */
	size_t backlogSize;
	uint8_t marks; /* decoder of PARMRK: bytes of an escape seen so far */
};

static const struct {
	uint32_t baud;
	speed_t speed;
} speeds[] = {
	{1200, B1200}, {1800, B1800}, {2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200}, {38400, B38400},
	{57600, B57600}, {115200, B115200}, {230400, B230400}, {460800, B460800}, {500000, B500000}, {576000, B576000},
	{921600, B921600}, {1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000}, {3000000, B3000000},
};

static bool configure(Tty *tty, const char *path, char *error, size_t errorSize) {
	const TtyConfig *config = &tty->config;
	struct termios mode;
	if (tcgetattr(tty->fd, &mode) != 0) {
		snprintf(error, errorSize, "%s is not a serial device", path);
		return false;
	}
	speed_t speed = B0;
	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
		if (speeds[i].baud == config->baud) speed = speeds[i].speed;
	if (speed == B0) {
		snprintf(error, errorSize, "%s: a serial device has no speed of %u baud", path, (unsigned)config->baud);
		return false;
	}
	cfmakeraw(&mode);
	mode.c_cflag |= CLOCAL | CREAD;
	mode.c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | PARODD | CRTSCTS);
	if (config->stopBits == 2) mode.c_cflag |= CSTOPB;
	if (config->parity != 'N') mode.c_cflag |= PARENB;
	if (config->parity == 'O') mode.c_cflag |= PARODD;
	/* Bad characters come marked (see decode) instead of dropped. */
	mode.c_iflag &= ~(tcflag_t)(IGNPAR | IGNBRK | BRKINT);
	mode.c_iflag |= INPCK | PARMRK;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	cfsetispeed(&mode, speed);
	cfsetospeed(&mode, speed);
	if (tcsetattr(tty->fd, TCSANOW, &mode) != 0) {
		snprintf(error, errorSize, "%s: cannot set the line format: %s", path, strerror(errno));
		return false;
	}
	tcflush(tty->fd, TCIOFLUSH);

	struct stat info;
	tty->pty = fstat(tty->fd, &info) == 0 && major(info.st_rdev) >= 136 && major(info.st_rdev) <= 143;
	/*
	 * USB adapters collect bytes (FTDI: 16 ms) unless the driver is asked for low latency. A pty comes in whole writes, but
	 * the other process may be preempted between two.
	 */
	tty->latencyUs = 5000;
	if (!tty->pty) {
		struct serial_struct serial;
		bool low = ioctl(tty->fd, TIOCGSERIAL, &serial) == 0;
		if (low) {
			serial.flags |= ASYNC_LOW_LATENCY;
			low = ioctl(tty->fd, TIOCSSERIAL, &serial) == 0;
		}
		if (!low) tty->latencyUs = 20000;
	}
	return true;
}

static void release(Tty *tty) {
	if (!tty->closed || !tty->pollClosed || tty->inCallback) return;
	free(tty->backlog);
	free(tty);
}

static void pollClosed(uv_handle_t *handle) {
	Tty *tty = uv_handle_get_data(handle);
	free(handle);
	tty->pollClosed = true;
	release(tty);
}

static void lose(Tty *tty, const char *why) {
	if (tty->gone || tty->closed) return;
	tty->gone = true;
	uv_poll_stop(tty->poll);
	tty->config.gone(tty->config.refcon, why);
}

/*
 * PARMRK: 377 377 is a byte 377; 377 0 0 a break; 377 0 X a byte X with parity or framing error. An escape may be cut by
 * the end of a read.
 */
static size_t decode(Tty *tty, const uint8_t *in, size_t count, uint8_t *bytes, uint8_t *flags, bool *anyFlag) {
	size_t out = 0;
	for (size_t i = 0; i < count; i++) {
		uint8_t byte = in[i], flag = 0;
		if (tty->marks == 0 && byte == 0xff) {
			tty->marks = 1;
			continue;
		}
		if (tty->marks == 1) {
			if (byte == 0) {
				tty->marks = 2;
				continue;
			}
			byte = 0xff;
		} else if (tty->marks == 2) flag = byte == 0 ? TTY_BREAK : TTY_BAD;
		tty->marks = 0;
		if (flag) *anyFlag = true;
		bytes[out] = byte;
		flags[out++] = flag;
	}
	return out;
}

static void readAll(Tty *tty) {
	uint8_t in[1024], bytes[1024], flags[1024];
	while (!tty->gone && !tty->closed) {
		ssize_t count = read(tty->fd, in, sizeof in);
		if (count < 0 && errno == EINTR) continue;
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
		if (count <= 0) {
			lose(tty, count == 0 || errno == EIO ? "the serial device has gone" : strerror(errno));
			return;
		}
		bool anyFlag = false;
		size_t length = decode(tty, in, (size_t)count, bytes, flags, &anyFlag);
		if (length > 0) tty->config.bytes(tty->config.refcon, bytes, anyFlag ? flags : NULL, length);
		if ((size_t)count < sizeof in) return;
	}
}

static void ready(uv_poll_t *handle, int status, int events);

static void watch(Tty *tty) {
	int events = HOST_UV_READABLE | HOST_UV_DISCONNECT | (tty->backlogSize > 0 ? HOST_UV_WRITABLE : 0);
	if (uv_poll_start(tty->poll, events, ready) < 0) lose(tty, "the serial device cannot be watched");
}

static bool writeSome(Tty *tty, const uint8_t *bytes, size_t count, size_t *written) {
	*written = 0;
	while (*written < count) {
		ssize_t n = write(tty->fd, bytes + *written, count - *written);
		if (n > 0) *written += (size_t)n;
		else if (n < 0 && errno == EINTR) continue;
		else return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
	}
	return true;
}

static void ready(uv_poll_t *handle, int status, int events) {
	Tty *tty = uv_handle_get_data((uv_handle_t *)handle);
	tty->inCallback = true;
	if (status < 0) lose(tty, "the serial device has gone");
	/* Also on a hang-up: what came before it is still to be read, and the end shows as EIO. */
	if (events & (HOST_UV_READABLE | HOST_UV_DISCONNECT)) readAll(tty);
	if ((events & HOST_UV_DISCONNECT) && !tty->gone && !tty->closed) lose(tty, "the serial device has gone");
	if ((events & HOST_UV_WRITABLE) && !tty->gone && !tty->closed && tty->backlogSize > 0) {
		size_t written;
		if (!writeSome(tty, tty->backlog, tty->backlogSize, &written)) lose(tty, "the serial device has gone");
		else {
			tty->backlogSize -= written;
			memmove(tty->backlog, tty->backlog + written, tty->backlogSize);
			if (tty->backlogSize == 0) watch(tty);
		}
	}
	tty->inCallback = false;
	release(tty);
}

Tty *ttyOpen(struct sxMachine *the, const char *path, const TtyConfig *config, char *error, size_t errorSize) {
	Tty *tty = calloc(1, sizeof *tty);
	if (!tty) {
		snprintf(error, errorSize, "out of memory");
		return NULL;
	}
	tty->config = *config;
	tty->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (tty->fd < 0) {
		snprintf(error, errorSize, "%s: %s", path, strerror(errno));
		free(tty);
		return NULL;
	}
	if (!configure(tty, path, error, errorSize)) goto fail;
	tty->poll = calloc(1, uv_handle_size(HOST_UV_POLL));
	if (!tty->poll || uv_poll_init(hostLoop(the), tty->poll, tty->fd) < 0) {
		snprintf(error, errorSize, "%s cannot be watched", path);
		free(tty->poll);
		goto fail;
	}
	uv_handle_set_data((uv_handle_t *)tty->poll, tty);
	watch(tty);
	return tty;
fail:
	close(tty->fd);
	free(tty);
	return NULL;
}

void ttyClose(Tty *tty) {
	if (!tty || tty->closed) return;
	tty->closed = true;
	uv_poll_stop(tty->poll);
	uv_close((uv_handle_t *)tty->poll, pollClosed);
	close(tty->fd);
}

bool ttyWrite(Tty *tty, const uint8_t *bytes, size_t count) {
	if (tty->gone || tty->closed) return false;
	size_t written = 0;
	if (tty->backlogSize == 0 && !writeSome(tty, bytes, count, &written)) return false;
	if (written == count) return true;
	size_t left = count - written;
	uint8_t *backlog = realloc(tty->backlog, tty->backlogSize + left);
	if (!backlog) return false;
	memcpy(backlog + tty->backlogSize, bytes + written, left);
	tty->backlog = backlog;
	tty->backlogSize += left;
	watch(tty);
	return true;
}

bool ttyDrained(Tty *tty) {
	if (tty->gone || tty->closed || tty->pty) return tty->backlogSize == 0;
	int queued = 0;
	unsigned status = TIOCSER_TEMT;
	if (ioctl(tty->fd, TIOCOUTQ, &queued) != 0) queued = 0;
	/* Drivers without a status register (USB) have only the queue to go by. */
	if (ioctl(tty->fd, TIOCSERGETLSR, &status) != 0) status = TIOCSER_TEMT;
	return tty->backlogSize == 0 && queued == 0 && (status & TIOCSER_TEMT);
}

bool ttyIsPty(const Tty *tty) {
	return tty->pty;
}

uint32_t ttyLatencyUs(const Tty *tty) {
	return tty->latencyUs;
}
