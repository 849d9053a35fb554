/*
 * Names of hosts into addresses, by lwIP, on its own task. The SDK's Net.resolve asks lwIP from the engine's task, which no
 * part of lwIP allows: both would work on the same packets and tables at the same time.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "lwip/dns.h"
#include "lwip/ip_addr.h"
#include "lwip/tcpip.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
	xsMachine *the;
	xsSlot callback; /* remembered until it has been called */
	ip_addr_t address;
	bool found;
	char name[DNS_MAX_NAME_LENGTH];
} Query;

static void deliver(void *it, void *refcon, uint8_t *message, uint16_t length) {
	Query *query = refcon;
	char text[IPADDR_STRLEN_MAX];
	(void)message;
	(void)length;
	xsBeginHost(it);
	xsmcVars(1);
	if (query->found) xsmcSetString(xsVar(0), ipaddr_ntoa_r(&query->address, text, sizeof(text)));
	xsCallFunction2(query->callback, xsGlobal, xsString(query->name), xsVar(0));
	xsForget(query->callback);
	xsEndHost(it);
	free(query);
}

/* The next three on lwIP's task. */

static void tell(Query *query) {
	(void)modMessagePostToMachine(query->the, NULL, 0, deliver, query);
}

static void found(const char *name, const ip_addr_t *address, void *refcon) {
	Query *query = refcon;
	(void)name;
	query->found = address != NULL;
	if (address) query->address = *address;
	tell(query);
}

static void ask(void *refcon) {
	Query *query = refcon;
	err_t err = dns_gethostbyname_addrtype(query->name, &query->address, found, query, LWIP_DNS_ADDRTYPE_IPV4);
	if (err == ERR_INPROGRESS) return;
	query->found = err == ERR_OK;
	tell(query);
}

/* (name, callback): calls back once, in a turn of its own, with the name and the address, or undefined. */
void xs_resolver(xsMachine *the) {
	const char *name = xsmcToString(xsArg(0));
	if (strlen(name) >= DNS_MAX_NAME_LENGTH) xsRangeError("a name of a host is shorter");
	Query *query = calloc(1, sizeof(Query));
	if (!query) xsUnknownError("no memory");
	query->the = the;
	strcpy(query->name, name);
	query->callback = xsArg(1);
	xsRemember(query->callback);
	if (tcpip_try_callback(ask, query) == ERR_OK) return;
	xsForget(query->callback);
	free(query);
	xsUnknownError("lwIP is busy");
}
