/*
 * A chip on an SPI bus that it shares with others. The class is native (native/spibus); what it does stands in spi.d.ts.
 */
export default class SPIDevice @ "xs_spidevice_destructor" {
	constructor(options) @ "xs_spidevice";
	write(buffer) @ "xs_spidevice_write";
	transfer(buffer) @ "xs_spidevice_transfer";
	close() @ "xs_spidevice_close";
}

export function holdHigh(pin) @ "xs_spidevice_holdHigh";
export function padLevel(pin) @ "xs_spidevice_padLevel";
