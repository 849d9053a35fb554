export interface SPIDeviceOptions {
	/** Number of the SPI controller: 1 is SPI2, 2 is SPI3. */
	port: number;
	clock: number;
	/** Pins of the bus. The first chip on it opens it: who comes later must name the same pins. */
	out?: number;
	in?: number;
	/** Chip select, active low, driven during a transfer only. Absent: the chip is always selected. */
	select?: number;
	hz: number;
	/** Clock polarity and phase, 0 to 3. Default 0. */
	mode?: number;
}

/** One chip on an SPI bus that several share, the network chip's task among them. Calls return when the bytes are out. */
export default class SPIDevice {
	/** Throws RangeError naming the option, Error when the bus is open with other pins. */
	constructor(options: SPIDeviceOptions);
	write(buffer: ArrayBuffer | ArrayBufferView): void;
	/** Sends the buffer and puts what comes back in its place. */
	transfer(buffer: ArrayBuffer | ArrayBufferView): void;
	/** May be called twice. */
	close(): void;
}

/** Makes a pin an output that is high: a chip select, before anybody speaks on its bus. */
export function holdHigh(pin: number): void;

/** Level of a pin's pad, 0 or 1, also of an output. */
export function padLevel(pin: number): number;
