import { board } from "hosts/esp32s3/board";
import { selectPins } from "hosts/esp32s3/boards";
import { note } from "hosts/esp32s3/firmware";
import { keepLastWords } from "hosts/esp32s3/last-words";
import { holdHigh } from "hosts/esp32s3/spi";

/** First of all, before the application: no chip on the shared SPI bus may take what is meant for another one. */
export default function setup(done: () => void): void {
	keepLastWords(note);
	for (const pin of selectPins(board.pins)) holdHigh(pin);
	done();
}
