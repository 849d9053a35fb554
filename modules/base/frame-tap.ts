/** What goes over a wire, shown to whoever logs it: the same for every protocol. */
import { frozen } from "./frozen";

/** What the tap of a line is shown; a number, because it is told for each frame. */
export const FrameKind = frozen({
	/** Sent: unit to CRC on a line, whole with its header on a connection. */
	request: 0,
	/** Came: one hand-over of a line, whatever it is; one frame of a connection. */
	received: 1,
	/** Nothing came in time; no bytes. */
	timeout: 2,
	/** Came, and ended with a bad character. */
	damaged: 3,
});

/** The length of a frame and more fits below a tag. */
const kKindShift = 10;
const kSourceShift = 13;

/** `source` (0 to 7, the number given with the tap) and `FrameKind` in one number, which is made once and not per frame. */
export const frameTag = (source: number, kind: number): number => (source << kSourceShift) | (kind << kKindShift);

export const tagSource = (tag: number): number => tag >> kSourceShift;

export const tagKind = (tag: number): number => (tag >> kKindShift) & 7;

/** Who sees what goes over the wire, in the order in which it does: for a log of frames. Must be quick. */
export interface FrameTap {
	/** `tag`: a `frameTag`. `bytes`: of the frame and no more, valid during the call. `nowMs`: the clock's time. */
	frame(tag: number, bytes: Uint8Array, nowMs: number): void;
	/** The frame told last from this source ended with a bad character. */
	damaged(source: number): void;
}
