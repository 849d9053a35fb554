/**
 * A display of 128 x 64 dots on SPI as its data sheet describes it, from the bytes alone: SH1106 v2.3 (132 columns of RAM, of
 * which the panel shows 2 to 129) or SSD1306 rev 1.1 (128 columns, page addressing). Knows nothing of our driver.
 */
export class FakeOled {
	readonly ram: Uint8Array;
	readonly columns: number;
	on = false;
	contrast = 0x80;
	pump = false;
	mirrorX = false;
	mirrorY = false;
	multiplex = 63;
	/** Everything that was wrong with what it was sent. */
	readonly complaints: string[] = [];
	/** Pages written since the last look. */
	readonly pages = new Set<number>();
	bytes = 0;
	opened = 0;
	#chip: "sh1106" | "ssd1306";
	#page = 0;
	#column = 0;
	#dc = 0;
	#selected = false;
	#hasSelect = false;
	#inReset = false;
	#awaiting = 0;
	#command = 0;

	constructor(chip: "sh1106" | "ssd1306" = "sh1106") {
		this.#chip = chip;
		this.columns = chip === "sh1106" ? 132 : 128;
		// what RAM holds after power-on
		this.ram = new Uint8Array(8 * this.columns).fill(0x5a);
	}

	/** ECMA-419 classes wired to it: settings name the role. */
	get io() {
		const display = this;
		class Port {
			role: string;
			constructor(settings: { role: string; initialValue?: number }) {
				this.role = settings.role;
				display.opened++;
				if (this.role === "select") display.#hasSelect = true;
			}
			write(value: Uint8Array | number) {
				if (this.role === "spi") display.#receive(value as Uint8Array);
				else if (this.role === "dc") display.#dc = value as number;
				else if (this.role === "select") display.#selected = value === 0;
				else if (value === 0) display.#reset();
				else display.#inReset = false;
			}
			close() {
				display.opened--;
			}
		}
		return Port;
	}

	#reset(): void {
		this.#inReset = true;
		this.on = this.pump = this.mirrorX = this.mirrorY = false;
		this.#page = this.#column = this.#awaiting = 0;
	}

	#receive(bytes: Uint8Array): void {
		this.bytes += bytes.length;
		if (this.#inReset) this.complaints.push("written to in reset");
		if (this.#hasSelect && !this.#selected) this.complaints.push("written to while not selected");
		for (const byte of bytes) {
			if (this.#dc) this.#data(byte);
			else this.#commandByte(byte);
		}
	}

	#data(byte: number): void {
		if (this.#column >= this.columns) {
			this.complaints.push(`column ${this.#column} does not exist`);
			return;
		}
		this.ram[this.#page * this.columns + this.#column++] = byte;
		this.pages.add(this.#page);
	}

	#commandByte(byte: number): void {
		if (this.#awaiting > 0) {
			this.#awaiting--;
			const command = this.#command;
			if (command === 0x81) this.contrast = byte;
			else if (command === 0xa8) this.multiplex = byte & 63;
			else if (command === 0xad) this.pump = byte === 0x8b;
			else if (command === 0x8d) this.pump = byte === 0x14;
			else if (command === 0x20 && byte !== 2) this.complaints.push("not page addressing");
			return;
		}
		this.#command = byte;
		const isOld = this.#chip === "ssd1306";
		if (byte <= 0x0f) this.#column = (this.#column & 0xf0) | byte;
		else if (byte <= 0x1f) this.#column = ((byte & 15) << 4) | (this.#column & 15);
		else if (byte === 0x20 && isOld) this.#awaiting = 1;
		else if (byte >= 0x30 && byte <= 0x33 && !isOld) return;
		else if (byte >= 0x40 && byte <= 0x7f) {
			if (byte !== 0x40) this.complaints.push(`starts at row ${byte & 63}`);
		} else if (byte === 0x81 || byte === 0xa8 || byte === 0xd3 || byte === 0xd5 || byte === 0xd9) this.#awaiting = 1;
		else if (byte === 0xda || byte === 0xdb) this.#awaiting = 1;
		else if (byte === (isOld ? 0x8d : 0xad)) this.#awaiting = 1;
		else if (byte === 0xa0 || byte === 0xa1) this.mirrorX = byte === 0xa1;
		else if (byte === 0xa4 || byte === 0xa6) return;
		else if (byte === 0xae || byte === 0xaf) this.on = byte === 0xaf;
		else if (byte >= 0xb0 && byte <= 0xb7) this.#page = byte & 7;
		else if (byte === 0xc0 || byte === 0xc8) this.mirrorY = byte === 0xc8;
		else this.complaints.push(`command ${byte.toString(16)}`);
	}

	/** Rows of "#" and "." as a person sees them who holds the module with its connector above. */
	picture(): string[] {
		const offset = (this.columns - 128) / 2;
		const rows: string[] = [];
		for (let y = 0; y < 64; y++) {
			let row = "";
			for (let x = 0; x < 128; x++) {
				// scanned the usual way round, such a module shows the picture upside down
				const column = this.mirrorX ? x : 127 - x;
				const line = this.mirrorY ? y : 63 - y;
				const byte = this.ram[(line >> 3) * this.columns + column + offset]!;
				row += byte & (1 << (line & 7)) ? "#" : ".";
			}
			rows.push(row);
		}
		return rows;
	}
}
