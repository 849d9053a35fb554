/*
 * RS-485, half duplex, frame by frame. The class is native (native/rs485); what it does stands in rs485.d.ts.
 */
export default class RS485 @ "xs_rs485_destructor" {
	constructor(options) @ "xs_rs485";
	read(buffer) @ "xs_rs485_read";
	write(frame, expect) @ "xs_rs485_write";
	get cause() @ "xs_rs485_get_cause";
	get counters() @ "xs_rs485_get_counters";
	get silenceUs() @ "xs_rs485_get_silenceUs";
	close() @ "xs_rs485_close";
}
