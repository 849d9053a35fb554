/*
 * Ethernet by a W5500 chip. The class is native (native/ethernet); what it does stands in ethernet.d.ts.
 */
export default class Ethernet @ "xs_w5500_destructor" {
	constructor(options) @ "xs_w5500";
	get link() @ "xs_w5500_get_link";
	get address() @ "xs_w5500_get_address";
	get MAC() @ "xs_w5500_get_MAC";
	close() @ "xs_w5500_close";
}
