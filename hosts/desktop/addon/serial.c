/*
 * What Node lacks for a serial line: opening a tty raw with 8 data bits, no parity, one stop bit, at any speed.
 * Node's tty streams read and write it afterwards and leave these settings alone.
 */
#include "xsmc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Of <asm/termbits.h>, which cannot be included beside <termios.h>: speeds that are not in the table of termios. */
#ifndef BOTHER
#define BOTHER 0010000
#endif
struct termios2 {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line;
	cc_t c_cc[19];
	speed_t c_ispeed, c_ospeed;
};
#ifndef TCGETS2
#define TCGETS2 _IOR('T', 0x2A, struct termios2)
#define TCSETS2 _IOW('T', 0x2B, struct termios2)
#endif

/* Returns an error number, 0 = done. */
static int serialRaw(int file, int baud)
{
	struct termios raw;
	struct termios2 speed;
	if (tcgetattr(file, &raw) < 0)
		return errno;
	cfmakeraw(&raw);
	raw.c_cflag &= ~(CSIZE | PARENB | CSTOPB | CRTSCTS);
	raw.c_cflag |= CS8 | CLOCAL | CREAD;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(file, TCSANOW, &raw) < 0)
		return errno;
	if (ioctl(file, TCGETS2, &speed) < 0)
		return errno;
	speed.c_cflag &= ~CBAUD;
	speed.c_cflag |= BOTHER;
	speed.c_ispeed = (speed_t)baud;
	speed.c_ospeed = (speed_t)baud;
	if (ioctl(file, TCSETS2, &speed) < 0)
		return errno;
	/* what came at another speed before is noise */
	tcflush(file, TCIOFLUSH);
	return 0;
}

/* serialOpen(path, baud) gives the file descriptor, which the caller closes. */
void xs_serial_open(xsMachine *the)
{
	char path[256], text[400];
	int baud = (int)xsmcToInteger(xsArg(1));
	int file, error;
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	file = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	error = file < 0 ? errno : serialRaw(file, baud);
	if (error) {
		if (file >= 0)
			close(file);
		snprintf(text, sizeof(text), "Serial: %s: %s", path, error == ENOTTY ? "not a serial line" : strerror(error));
		xsUnknownError("%s", text);
	}
	xsmcSetInteger(xsResult, file);
}
