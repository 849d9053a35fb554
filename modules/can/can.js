/*
 * CAN 2.0A and B. The class is native (native/can); what it does stands in can.d.ts.
 */
export default class CAN @ "xs_can_destructor" {
	constructor(options) @ "xs_can";
	read(data, into) @ "xs_can_read";
	write(frame) @ "xs_can_write";
	get state() @ "xs_can_get_state";
	get counters() @ "xs_can_get_counters";
	close() @ "xs_can_close";
}
