import type { Clock, TimerId } from "../base/clock";
import { frozen } from "../base/frozen";
import type { PanelScreen } from "./devices";

/** An ECMA-419 SPI class, as far as the display needs it. */
export interface SpiPort {
	write(bytes: Uint8Array): void;
	close?(): void;
}

/** An ECMA-419 Digital class, an output. */
export interface OutputPin {
	write(value: 0 | 1): void;
	close?(): void;
}

/** `io` is constructed with the other settings. */
export interface IoOf<T> {
	io: new (settings: never) => T;
	[setting: string]: unknown;
}

export interface OledOptions {
	/** Write only, mode 0 or 3, up to 4 MHz (SH1106) or 10 MHz (SSD1306). */
	spi: IoOf<SpiPort>;
	/** High for picture data, low for commands. */
	dc: IoOf<OutputPin>;
	/** Active low. Left out: tied to the supply's reset. */
	reset?: IoOf<OutputPin> | undefined;
	/** Chip select, active low, where the SPI class does not drive it. */
	select?: IoOf<OutputPin> | undefined;
	/** Default sh1106. */
	chip?: "sh1106" | "ssd1306";
	/** The module is built in upside down. */
	turned?: boolean;
	clock: Clock;
}

const kWidth = 128;
const kHeight = 64;
/** A page is eight rows; a byte of it a column, the uppermost dot in the lowest bit. */
const kPages = 8;
const kPageWords = kWidth / 4;
/** SH1106: the panel's columns are the middle 128 of 132. Data sheet v2.3, "Display Data RAM" and panels of 1.3 inch. */
const kFirstColumn = frozen({ sh1106: 2, ssd1306: 0 });

/** Data sheets: SH1106 v2.3 "Commands"; SSD1306 rev 1.1 sections 9 and 10, with its application note for the pump. */
const kSetUp = frozen({
	sh1106: [
		// off; clock 100 Hz; 64 rows; no offset; first row 0
		0xae, 0xd5, 0x80, 0xa8, 0x3f, 0xd3, 0x00, 0x40,
		// the chip's own converter makes the panel's 8 V
		0xad, 0x8b, 0x32,
		// alternating common pads; pre-charge 2 and discharge 2 clocks; deselect level
		0xda, 0x12, 0xd9, 0x22, 0xdb, 0x35,
		// picture from RAM, not inverted
		0xa4, 0xa6,
	],
	ssd1306: [
		0xae, 0xd5, 0x80, 0xa8, 0x3f, 0xd3, 0x00, 0x40,
		// page addressing, as the SH1106; charge pump on
		0x20, 0x02, 0x8d, 0x14, 0xda, 0x12, 0xd9, 0xf1, 0xdb, 0x40, 0xa4, 0xa6,
	],
});
const kContrast = frozen({ sh1106: 0x80, ssd1306: 0x8f });
const kDimContrast = 0x08;
/** Both chips want 10 us and 3 us at least; a timer cannot do less than a millisecond. */
const kResetMs = 1;

/**
 * An OLED of 128 x 64 dots with the controller SH1106 (or SSD1306) on SPI. Sends the pages of eight rows that differ from
 * what the display has. What is drawn before the reset is over is sent then.
 */
export class Sh1106 implements PanelScreen {
	readonly width = kWidth;
	readonly height = kHeight;
	#clock: Clock;
	#chip: "sh1106" | "ssd1306";
	#turned: boolean;
	#spi: SpiPort | undefined;
	#dc: OutputPin | undefined;
	#reset: OutputPin | undefined;
	#select: OutputPin | undefined;
	#timer: TimerId | undefined;
	#inReset = false;
	#ready = false;
	/** What the display has, in our order of dots. */
	#shown = new Uint8Array((kWidth >> 3) * kHeight);
	#shownWords = new Uint32Array(this.#shown.buffer);
	/** What was drawn last, and the same bytes in words: comparing them takes a quarter of the time. */
	#dots: Uint8Array | undefined;
	#words: Uint32Array | undefined;
	/** Pages that the display has not got as they are in `#shown`, a bit each: after power-on its RAM holds noise. */
	#stale = 0xff;
	#page = new Uint8Array(kWidth);
	#brightness: 0 | 1 | 2 = 2;

	/** Throws what the injected classes throw; what was open is closed then. */
	constructor(options: OledOptions) {
		this.#clock = options.clock;
		this.#chip = options.chip ?? "sh1106";
		this.#turned = options.turned ?? false;
		try {
			this.#select = options.select && open(options.select);
			this.#select?.write(1);
			this.#dc = open(options.dc);
			this.#reset = options.reset && open(options.reset);
			this.#spi = open(options.spi);
			this.#reset?.write(0);
			this.#inReset = this.#reset !== undefined;
		} catch (error) {
			this.close();
			throw error;
		}
		this.#timer = this.#clock.setTimer(() => this.#wake(), kResetMs);
	}

	/** Rows of 16 bytes from the top, the leftmost dot in the highest bit. */
	draw(dots: Uint8Array): void {
		const shown = this.#shownWords;
		const words = this.#wordsOf(dots);
		for (let page = 0; page < kPages; page++) {
			const end = (page + 1) * kPageWords;
			for (let at = end - kPageWords; at < end; at++) {
				if (shown[at] === words[at]) continue;
				this.#shown.set(dots.subarray(page * kWidth, (page + 1) * kWidth), page * kWidth);
				this.#stale |= 1 << page;
				break;
			}
		}
		this.#send();
	}

	/** 0 off, 1 dim, 2 full. Off keeps the picture. */
	brightness(level: 0 | 1 | 2): void {
		this.#brightness = level;
		if (!this.#ready) return;
		const contrast = level === 1 ? kDimContrast : kContrast[this.#chip];
		this.#command(level === 0 ? [0xae] : [0x81, contrast, 0xaf]);
	}

	/** May be called twice, and before the reset is over. */
	close(): void {
		this.#clock.clearTimer(this.#timer);
		if (this.#ready) this.#command([0xae]);
		this.#ready = false;
		for (const one of [this.#spi, this.#dc, this.#reset, this.#select]) one?.close?.();
		this.#spi = this.#dc = this.#reset = this.#select = undefined;
	}

	#wake(): void {
		if (this.#inReset) {
			// held so from now on: on a pin that floats, a disturbance would reset the display and leave it dark
			this.#inReset = false;
			this.#reset?.write(1);
			this.#timer = this.#clock.setTimer(() => this.#wake(), kResetMs);
			return;
		}
		this.#ready = true;
		this.#command(kSetUp[this.#chip]);
		// columns and rows as seen with the connector above, or the other way around
		this.#command(this.#turned ? [0xa0, 0xc0] : [0xa1, 0xc8]);
		this.#send();
		this.brightness(this.#brightness);
	}

	#send(): void {
		if (!this.#ready) return;
		const column = kFirstColumn[this.#chip];
		for (let page = 0; page < kPages; page++) {
			if ((this.#stale & (1 << page)) === 0) continue;
			turnPage(this.#shown, page, this.#page);
			this.#command([0xb0 | page, column & 15, 0x10 | (column >> 4)]);
			this.#dc!.write(1);
			this.#write(this.#page);
		}
		this.#stale = 0;
	}

	#wordsOf(dots: Uint8Array): Uint32Array {
		if (dots === this.#dots) return this.#words!;
		const { buffer, byteOffset } = dots;
		if (byteOffset % 4 !== 0) return new Uint32Array(dots.slice().buffer);
		this.#dots = dots;
		this.#words = new Uint32Array(buffer, byteOffset, this.#shownWords.length);
		return this.#words;
	}

	#command(bytes: readonly number[]): void {
		this.#dc!.write(0);
		this.#write(Uint8Array.from(bytes));
	}

	#write(bytes: Uint8Array): void {
		this.#select?.write(0);
		this.#spi!.write(bytes);
		this.#select?.write(1);
	}
}

function open<T>({ io, ...settings }: IoOf<T>): T {
	return new io(settings as never);
}

/**
 * Eight rows of 16 bytes become 128 columns: in blocks of 8 x 8 bits, each turned as two words of four rows, by swapping
 * ever larger parts (Warren, Hacker's Delight, section 7-3).
 */
function turnPage(dots: Uint8Array, page: number, columns: Uint8Array): void {
	const first = page * kWidth;
	for (let block = 0; block < 16; block++) {
		const at = first + block;
		// the last row first, as the uppermost dot goes into the lowest bit
		let high = (dots[at + 112]! << 24) | (dots[at + 96]! << 16) | (dots[at + 80]! << 8) | dots[at + 64]!;
		let low = (dots[at + 48]! << 24) | (dots[at + 32]! << 16) | (dots[at + 16]! << 8) | dots[at]!;
		const to = 8 * block;
		if ((high | low) === 0) {
			columns.fill(0, to, to + 8);
			continue;
		}
		let swap = (high ^ (high >>> 7)) & 0x00aa00aa;
		high ^= swap ^ (swap << 7);
		swap = (low ^ (low >>> 7)) & 0x00aa00aa;
		low ^= swap ^ (swap << 7);
		swap = (high ^ (high >>> 14)) & 0x0000cccc;
		high ^= swap ^ (swap << 14);
		swap = (low ^ (low >>> 14)) & 0x0000cccc;
		low ^= swap ^ (swap << 14);
		swap = (high & ~0x0f0f0f0f) | ((low >>> 4) & 0x0f0f0f0f);
		low = ((high << 4) & ~0x0f0f0f0f) | (low & 0x0f0f0f0f);
		high = swap;
		columns[to] = high >>> 24;
		columns[to + 1] = high >>> 16;
		columns[to + 2] = high >>> 8;
		columns[to + 3] = high;
		columns[to + 4] = low >>> 24;
		columns[to + 5] = low >>> 16;
		columns[to + 6] = low >>> 8;
		columns[to + 7] = low;
	}
}
