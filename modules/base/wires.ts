/**
 * Shapes of ECMA-419 classes for chips and pins, for code that is handed one as `io`. A platform's host wraps its own
 * class, which knows pins: here a bus has the name that the site file gives it.
 */
export interface SpiOptions {
	/** Name of the bus in the site file: "meter", or "sim:NAME". */
	port: string | number;
	/** Which chip select of the bus, from 0. */
	chip: number;
	hz: number;
	/** Clock polarity and phase, 0 to 3. */
	mode: number;
}

/** One chip on an SPI bus. Calls return when the bytes are out. */
export interface SpiDevice {
	/** Sends the buffer and puts what comes back in its place. */
	transfer(buffer: Uint8Array): void;
	close(): void;
}

/** Throws when the bus has no such chip select. */
export type SpiClass = new (options: SpiOptions) => SpiDevice;

export interface I2cOptions {
	port: string | number;
	/** 7 bits. */
	address: number;
	hz: number;
}

/** One chip on an I2C bus. */
export interface I2cDevice {
	/** Fills the buffer. Throws when the chip does not answer. */
	read(buffer: Uint8Array): void;
	/** Throws when the chip does not answer. */
	write(buffer: Uint8Array): void;
	close(): void;
}

export type I2cClass = new (options: I2cOptions) => I2cDevice;

export interface DigitalOptions {
	port: string | number;
	/** Which output of the port, from 0. */
	pin: number;
}

/** An output whose pad can be read back. */
export interface DigitalOutput {
	write(value: number): void;
	/** Level of the pad, 0 or 1. */
	read(): number;
	close(): void;
}

export type DigitalClass = new (options: DigitalOptions) => DigitalOutput;
