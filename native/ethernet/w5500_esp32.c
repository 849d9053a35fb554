/*
 * The network chip W5500 on a shared SPI bus, as a network interface of lwIP with DHCP. ESP-IDF 6 has its driver in the
 * component registry (espressif/w5500, of which manifest.json pins 1.0.1: 2.0 has other fields); the SDK's own Ethernet
 * modules were written for the driver before that, open the SPI bus themselves and know one interface only.
 *
 * The chip's driver has a task of its own: it is told by the chip's interrupt line, or asks every 10 ms where the board
 * has none. Link and address come from ESP-IDF's event task, which only writes them down here and has the engine told.
 */
#include "../espglue.h"
#include "../spibus/spibus.h"
#include "mc.xs.h"
#include "driver/gpio.h"
#include "esp_eth.h"
#include "esp_eth_mac_w5500.h"
#include "esp_eth_phy_w5500.h"
#include "esp_event.h"
#include "esp_mac.h"
#include "esp_netif.h"
#include <stdio.h>

enum { kChanged = 1, kPollMs = 10, kNoPin = 255 };

typedef struct {
	GluePort port; /* first */
	xsSlot *onChanged;
	int host;
	esp_netif_t *netif;
	esp_eth_mac_t *mac;
	esp_eth_phy_t *phy;
	esp_eth_handle_t driver;
	esp_eth_netif_glue_handle_t glue;
	esp_event_handler_instance_t onLink;
	esp_event_handler_instance_t onAddress;
	esp_event_handler_instance_t onAddressLost;
	bool started;
	bool busTaken;
	atomic_bool link;
	atomic_uint address; /* IPv4 in network order; 0: none */
} W5500;

static void tell(xsMachine *the, GluePort *port) {
	W5500 *eth = (W5500 *)port;
	if (glueDue(port, kChanged)) glueCall(the, port, eth->onChanged, NULL);
}

static void linkEvent(void *refcon, esp_event_base_t base, int32_t id, void *data) {
	(void)base;
	W5500 *eth = refcon;
	if (*(esp_eth_handle_t *)data != eth->driver) return;
	if (id != ETHERNET_EVENT_CONNECTED && id != ETHERNET_EVENT_DISCONNECTED) return;
	atomic_store(&eth->link, id == ETHERNET_EVENT_CONNECTED);
	if (id == ETHERNET_EVENT_DISCONNECTED) atomic_store(&eth->address, 0);
	(void)glueTell(&eth->port, kChanged);
}

static void addressEvent(void *refcon, esp_event_base_t base, int32_t id, void *data) {
	(void)base;
	W5500 *eth = refcon;
	const ip_event_got_ip_t *event = data;
	if (event->esp_netif != eth->netif) return;
	atomic_store(&eth->address, id == IP_EVENT_ETH_GOT_IP ? event->ip_info.ip.addr : 0);
	(void)glueTell(&eth->port, kChanged);
}

/* Undoes what `open` did, as far as it came. */
static void shut(GluePort *port) {
	W5500 *eth = (W5500 *)port;
	if (eth->started) esp_eth_stop(eth->driver);
	if (eth->onLink) esp_event_handler_instance_unregister(ETH_EVENT, ESP_EVENT_ANY_ID, eth->onLink);
	if (eth->onAddress) esp_event_handler_instance_unregister(IP_EVENT, IP_EVENT_ETH_GOT_IP, eth->onAddress);
	if (eth->onAddressLost) esp_event_handler_instance_unregister(IP_EVENT, IP_EVENT_ETH_LOST_IP, eth->onAddressLost);
	if (eth->glue) esp_eth_del_netif_glue(eth->glue);
	if (eth->driver) esp_eth_driver_uninstall(eth->driver);
	if (eth->mac) eth->mac->del(eth->mac);
	if (eth->phy) eth->phy->del(eth->phy);
	if (eth->netif) esp_netif_destroy(eth->netif);
	if (eth->busTaken) spiBusRelease(eth->host);
}

static const char *openChip(W5500 *eth, const SpiBusPins *pins, int select, int reset, int interrupt, int hz) {
	if (spiBusTake(pins) != ESP_OK) return "the SPI bus cannot be opened, or is open with other pins";
	eth->busTaken = true;
	if (interrupt >= 0) {
		esp_err_t err = gpio_install_isr_service(0);
		if (err != ESP_OK && err != ESP_ERR_INVALID_STATE) return "no interrupt for the W5500";
	}
	spi_device_interface_config_t device = {
		.command_bits = 16,
		.address_bits = 8,
		.mode = 0,
		.clock_speed_hz = hz,
		.spics_io_num = select,
		.queue_size = 20,
	};
	eth_w5500_config_t chip = ETH_W5500_DEFAULT_CONFIG(pins->host, &device);
	chip.int_gpio_num = interrupt;
	chip.poll_period_ms = interrupt >= 0 ? 0 : kPollMs;
	eth_mac_config_t macConfig = ETH_MAC_DEFAULT_CONFIG();
	macConfig.rx_task_stack_size = 4096;
	eth_phy_config_t phyConfig = ETH_PHY_DEFAULT_CONFIG();
	phyConfig.reset_gpio_num = reset;
	eth->mac = esp_eth_mac_new_w5500(&chip, &macConfig);
	eth->phy = esp_eth_phy_new_w5500(&phyConfig);
	if (!eth->mac || !eth->phy) return "no memory for the W5500";
	esp_eth_config_t config = ETH_DEFAULT_CONFIG(eth->mac, eth->phy);
	/* resets the chip and reads its version: fails where none is plugged in */
	if (esp_eth_driver_install(&config, &eth->driver) != ESP_OK) {
		eth->driver = NULL;
		return "no W5500 answers";
	}
	/* the chip has no address of its own */
	uint8_t address[6];
	if (esp_read_mac(address, ESP_MAC_ETH) != ESP_OK ||
		esp_eth_ioctl(eth->driver, ETH_CMD_S_MAC_ADDR, address) != ESP_OK)
		return "the MAC address cannot be set";
	return NULL;
}

static const char *openInterface(W5500 *eth, const char *hostName) {
	esp_netif_config_t config = ESP_NETIF_DEFAULT_ETH();
	esp_err_t err = esp_netif_init();
	if (err == ESP_OK) err = esp_event_loop_create_default();
	if (err != ESP_OK && err != ESP_ERR_INVALID_STATE) return "the network cannot be started";
	eth->netif = esp_netif_new(&config);
	if (!eth->netif) return "there is an Ethernet interface already";
	/* above Wi-Fi, which has 100: with both, the hub speaks through the cable */
	esp_netif_set_route_prio(eth->netif, 110);
	if (*hostName) esp_netif_set_hostname(eth->netif, hostName);
	eth->glue = esp_eth_new_netif_glue(eth->driver);
	if (!eth->glue || esp_netif_attach(eth->netif, eth->glue) != ESP_OK) return "no memory for the network interface";
	if (esp_event_handler_instance_register(ETH_EVENT, ESP_EVENT_ANY_ID, linkEvent, eth, &eth->onLink) != ESP_OK ||
		esp_event_handler_instance_register(IP_EVENT, IP_EVENT_ETH_GOT_IP, addressEvent, eth, &eth->onAddress) != ESP_OK ||
		esp_event_handler_instance_register(IP_EVENT, IP_EVENT_ETH_LOST_IP, addressEvent, eth, &eth->onAddressLost) != ESP_OK)
		return "no memory for events";
	if (esp_eth_start(eth->driver) != ESP_OK) return "the W5500 cannot be started";
	eth->started = true;
	return NULL;
}

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot) {
	W5500 *eth = data;
	/* NULL once it is closed. */
	if (eth && eth->onChanged) (*markRoot)(the, eth->onChanged);
}

static const xsHostHooks kHooks = { glueDestroy, mark, "Ethernet" };

void xs_w5500_destructor(void *data) {
	glueDestroy(data);
}

void xs_w5500(xsMachine *the) {
	char hostName[33];
	xsmcVars(1);
	xsSlot *options = &xsArg(0);
	SpiBusPins pins = {
		.host = (int)glueNumber(the, options, xsID_port, "port", 0, SPI2_HOST, SPI3_HOST),
		.clock = (int)glueNumber(the, options, xsID_clock, "clock", kNoPin, 0, 48),
		.out = (int)glueNumber(the, options, xsID_out, "out", kNoPin, 0, 48),
		.in = (int)glueNumber(the, options, xsID_in, "in", kNoPin, 0, 48),
	};
	int select = (int)glueNumber(the, options, xsID_select, "select", kNoPin, 0, 48);
	int reset = (int)glueNumber(the, options, xsID_reset, "reset", kNoPin, 0, 48);
	int interrupt = (int)glueNumber(the, options, xsID_interrupt, "interrupt", kNoPin, 0, 48);
	int hz = (int)glueNumber(the, options, xsID_hz, "hz", 20000000, 1000000, 40000000);
	glueText(the, options, xsID_hostName, "hostName", "", hostName, sizeof(hostName));
	if (pins.host == 0) xsRangeError("port is missing");
	if (pins.clock == kNoPin || pins.out == kNoPin || pins.in == kNoPin || select == kNoPin)
		xsRangeError("clock, out, in and select are needed");
	xsSlot *onChanged = glueCallback(the, xsID_onChanged, "onChanged");
	W5500 *eth = glueNew(the, sizeof(W5500), shut, tell);
	if (!eth) xsUnknownError("no memory");
	eth->host = pins.host;
	eth->onChanged = onChanged;
	const char *fault = openChip(eth, &pins, select, reset == kNoPin ? -1 : reset, interrupt == kNoPin ? -1 : interrupt, hz);
	if (!fault) fault = openInterface(eth, hostName);
	if (fault) {
		glueDestroy(eth);
		xsUnknownError("%s", fault);
	}
	glueAdopt(the, &eth->port, &kHooks);
}

void xs_w5500_get_link(xsMachine *the) {
	W5500 *eth = glueRecord(the, &kHooks);
	xsmcSetBoolean(xsResult, atomic_load(&eth->link));
}

void xs_w5500_get_address(xsMachine *the) {
	W5500 *eth = glueRecord(the, &kHooks);
	esp_ip4_addr_t address = { .addr = atomic_load(&eth->address) };
	char text[16] = "";
	if (address.addr) esp_ip4addr_ntoa(&address, text, sizeof(text));
	xsmcSetString(xsResult, text);
}

void xs_w5500_get_MAC(xsMachine *the) {
	uint8_t address[6];
	char text[18] = "";
	(void)glueRecord(the, &kHooks);
	if (esp_read_mac(address, ESP_MAC_ETH) == ESP_OK)
		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", address[0], address[1], address[2], address[3],
			address[4], address[5]);
	xsmcSetString(xsResult, text);
}

void xs_w5500_close(xsMachine *the) {
	glueClose(the, &kHooks);
}
