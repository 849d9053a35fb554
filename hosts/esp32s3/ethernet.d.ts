export interface EthernetOptions {
	/** Number of the SPI controller: 1 is SPI2, 2 is SPI3. */
	port: number;
	/** Pins of the bus: the same as those of the other chips on it. */
	clock: number;
	out: number;
	in: number;
	select: number;
	/** Absent: the chip is not reset by us. */
	reset?: number;
	/** Absent: the chip is asked every 10 ms. */
	interrupt?: number;
	/** Default 20 MHz. */
	hz?: number;
	/** Name that the DHCP server is told. */
	hostName?: string;
	/** Link or address have changed. */
	onChanged?(this: Ethernet): void;
}

/** A network interface with DHCP over a W5500 chip. One at a time. */
export default class Ethernet {
	/** Throws RangeError naming the option, Error with the reason when no chip answers; nothing stays open then. */
	constructor(options: EthernetOptions);
	/** There is a cable, and somebody at its other end. */
	get link(): boolean;
	/** IPv4 address, "" for none. */
	get address(): string;
	/** Of the ESP32's own range, as the chip has none. */
	get MAC(): string;
	/** May be called twice, and in the callback. No callback comes after it. */
	close(): void;
}
