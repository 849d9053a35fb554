/** IO that only the device has: what hosts/esp32s3 uses of it, as the Moddable SDK 8.2 has it. */
declare module "embedded:io/i2c" {
	export interface Options {
		data: number;
		clock: number;
		hz: number;
		address: number;
		/** Milliseconds. */
		timeout?: number;
		pullup?: boolean;
		port?: number;
	}

	export default class I2C {
		constructor(options: Options);
		/** Throws when nobody answers. */
		read(count: number): ArrayBuffer;
		write(buffer: ArrayBuffer | ArrayBufferView, stop?: boolean): void;
		close(): void;
	}
}

declare module "embedded:io/digitalbank" {
	const DigitalBank: new (options: object) => object;
	export default DigitalBank;
}

declare module "embedded:io/pulsecount" {
	const PulseCount: new (options: object) => object;
	export default PulseCount;
}

declare module "embedded:io/pwm" {
	const PWM: new (options: object) => object;
	export default PWM;
}

declare module "embedded:io/smbus" {
	const SMBus: new (options: object) => object;
	export default SMBus;
}

declare module "embedded:io/spi" {
	const SPI: new (options: object) => object;
	export default SPI;
}
