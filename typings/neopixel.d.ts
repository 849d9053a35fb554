/** Of the Moddable SDK 8.2: lamps of one wire. */
declare module "neopixel" {
	export default class NeoPixel {
		constructor(options: { length: number; pin: number; order: "GRB" | "RGB" });
		/** 0 to 255: scales every colour. */
		brightness: number;
		/** Red, green, blue, 0 to 255. */
		makeRGB(red: number, green: number, blue: number): number;
		setPixel(index: number, color: number): void;
		update(): void;
		close(): void;
	}
}
