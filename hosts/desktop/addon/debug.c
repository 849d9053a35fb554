/* The wire to xsbug: only when asked for, and blocking, for the debugger stops the machine and with it Node's loop. */
#include "engine.h"

#ifdef mxDebug
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

void fxConnect(txMachine *the)
{
	Host *host = hostOf(the);
	char name[256];
	const char *port = "5002";
	char *colon;
	struct addrinfo hints, *list = NULL, *at;
	if (!host->xsbug || strlen(host->xsbug) >= sizeof(name))
		return;
	strcpy(name, host->xsbug);
	colon = strrchr(name, ':');
	if (colon) {
		*colon = 0;
		port = colon + 1;
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo(name, port, &hints, &list))
		return;
	for (at = list; at && host->socket < 0; at = at->ai_next) {
		int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
		if (fd < 0)
			continue;
		if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
			int one = 1;
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			host->socket = fd;
		}
		else
			close(fd);
	}
	freeaddrinfo(list);
}

void fxDisconnect(txMachine *the)
{
	Host *host = hostOf(the);
	if (host->socket >= 0)
		close(host->socket);
	host->socket = -1;
}

txBoolean fxIsConnected(txMachine *the)
{
	return hostOf(the)->socket >= 0;
}

txBoolean fxIsReadable(txMachine *the)
{
	struct pollfd fd = { hostOf(the)->socket, POLLIN, 0 };
	return fd.fd >= 0 && poll(&fd, 1, 0) > 0;
}

void fxReceive(txMachine *the)
{
	Host *host = hostOf(the);
	ssize_t count = -1;
	the->debugOffset = 0;
	if (host->socket >= 0) {
		do
			count = recv(host->socket, the->debugBuffer, sizeof(the->debugBuffer) - 1, 0);
		while (count < 0 && errno == EINTR);
		if (count <= 0)
			fxDisconnect(the);
		else
			the->debugOffset = (txSize)count;
	}
	the->debugBuffer[the->debugOffset] = 0;
}

void fxSend(txMachine *the, txBoolean more)
{
	Host *host = hostOf(the);
	const char *p = the->echoBuffer;
	size_t left = the->echoOffset;
	while (left && host->socket >= 0) {
		ssize_t count = send(host->socket, p, left, MSG_NOSIGNAL);
		if (count < 0) {
			if (errno == EINTR)
				continue;
			fxDisconnect(the);
			return;
		}
		p += count;
		left -= (size_t)count;
	}
}
#endif
