import type { CountStorage } from "../../modules/setup/boot-guard";
import type { FoundNetwork } from "../../modules/setup/device";
import type { BoardRadio, BoardStorage } from "../../modules/setup/provisioning";
import type { CopyStorage, Place } from "../../modules/setup/two-copies";

/** Two places in memory; `cutAfter` is where the power goes while the next write is under way. */
export class FakeCopies implements CopyStorage {
	readonly places: (Uint8Array | undefined)[] = [undefined, undefined];
	/** Bytes of the next write that still reach the medium; then it throws, as a machine without power does nothing more. */
	cutAfter: number | undefined;
	writes = 0;

	read(place: Place): Uint8Array | undefined {
		return this.places[place]?.slice();
	}

	write(place: Place, bytes: Uint8Array): void {
		this.writes++;
		const cut = this.cutAfter;
		this.cutAfter = undefined;
		this.places[place] = bytes.slice(0, cut);
		if (cut !== undefined) throw new Error("the power is gone");
	}

	erase(place: Place): void {
		this.places[place] = undefined;
	}
}

export class FakeCount implements CountStorage {
	count = 0;
	read(): number {
		return this.count;
	}
	write(count: number): void {
		this.count = count;
	}
}

/** What a board keeps over a restart. */
export class FakeStorage implements BoardStorage {
	readonly settings = new FakeCopies();
	readonly site = new FakeCopies();
	readonly starts = new FakeCount();
	password: string | undefined;
	erased = 0;
	readonly accessPointPassword = {
		read: () => this.password,
		write: (password: string) => {
			this.password = password;
		},
	};
	erase(): void {
		this.erased++;
		this.password = undefined;
		this.starts.count = 0;
	}
}

/** Writes down what it is told. */
export class FakeRadio implements BoardRadio {
	readonly done: string[] = [];
	around: FoundNetwork[] = [];
	broken = false;

	connect(ssid: string, password: string): void {
		this.#do(`connect ${ssid}/${password}`);
	}
	disconnect(): void {
		this.#do("disconnect");
	}
	openAccessPoint(name: string, password: string, beside: boolean): void {
		this.#do(`open ${name}/${password}${beside ? " beside" : ""}`);
	}
	closeAccessPoint(): void {
		this.#do("close");
	}
	scan(onFound: (networks: FoundNetwork[]) => void): void {
		this.#do("scan");
		onFound(this.around);
	}

	/** What was done since the last call. */
	take(): string[] {
		return this.done.splice(0);
	}

	#do(what: string): void {
		if (this.broken) throw new Error("esp_wifi failed");
		this.done.push(what);
	}
}
