/** One point of a device's image. */
export interface ModelPoint {
	readonly model: number;
	/** 1 for the first model of that id in the image, 2 for the next. */
	readonly occurrence: number;
	/** Path of the point's group, "Prt[1]"; "" for a point of the model itself. */
	readonly group: string;
	readonly point: string;
}

/** Above every model id. */
const occurrenceStep = 0x10000;

/** What a point may be called in a table. */
export const pointForms = 'it must be a SunSpec point, "W", "1.SN", "701#2.W" or "714.Prt[1].DCA"';

/** "W", "1.SN", "701#2.W" or "714.Prt[1].DCA"; undefined for a name that is none. */
export function readPoint(name: string, bareModel: number): ModelPoint | undefined {
	const parts = /^(?:([0-9]+)(?:#([0-9]+))?\.)?((?:[A-Za-z]\w*(?:\[[0-9]+\])?\.)*)([A-Za-z]\w*)$/.exec(name);
	if (parts === null) return undefined;
	return {
		model: parts[1] === undefined ? bareModel : Number(parts[1]),
		occurrence: parts[2] === undefined ? 1 : Number(parts[2]),
		group: parts[3]!.slice(0, -1),
		point: parts[4]!,
	};
}

/** As in a table: "714.Prt[1].DCA". */
export function pointPath({ model, occurrence, group, point }: ModelPoint): string {
	return `${model}${occurrence > 1 ? `#${occurrence}` : ""}.${group === "" ? "" : `${group}.`}${point}`;
}

export function samePoint(a: ModelPoint, b: ModelPoint): boolean {
	return a.point === b.point && a.model === b.model && a.occurrence === b.occurrence && a.group === b.group;
}

/** Points, each once, three cells in one list: an object each would be twice the flash. */
export class PointList {
	/** Model and occurrence in one number, group, name; and so on. */
	private readonly cells: (number | string)[] = [];

	/** Index of a point, which is added when it is new. */
	add({ model, occurrence, group, point }: ModelPoint): number {
		const cells = this.cells;
		const id = occurrence * occurrenceStep + model;
		for (let i = 0; i < cells.length; i += 3) {
			if (cells[i + 2] === point && cells[i] === id && cells[i + 1] === group) return i / 3;
		}
		return (cells.push(id, group, point) - 3) / 3;
	}

	model(index: number): number {
		return (this.cells[3 * index] as number) % occurrenceStep;
	}

	name(index: number): string {
		return this.cells[3 * index + 2] as string;
	}

	get(index: number): ModelPoint {
		const id = this.cells[3 * index] as number;
		const group = this.cells[3 * index + 1] as string;
		const occurrence = Math.floor(id / occurrenceStep);
		return { model: id % occurrenceStep, occurrence, group, point: this.name(index) };
	}
}
