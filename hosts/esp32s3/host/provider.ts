import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import DigitalBank from "embedded:io/digitalbank";
import I2C from "embedded:io/i2c";
import PulseCount from "embedded:io/pulsecount";
import PWM from "embedded:io/pwm";
import Serial from "embedded:io/serial";
import SMBus from "embedded:io/smbus";
import SPI from "embedded:io/spi";
import { board } from "hosts/esp32s3/board";
import { canOptions, lines } from "hosts/esp32s3/wiring";
import Buttons from "modules/buttons/buttons";
import CAN from "modules/can/can";
import RS485 from "modules/rs485/rs485";

// The device's name for this file is another one, so its imports stand as the device knows them.

const { pins } = board;
const can = canOptions(board);

/**
 * What programs find as `globalThis.device`: the shape of the SDK's own providers, with this board's pins and our classes. A
 * field that the board has no pins for is left out.
 */
const device = {
	...(pins.bank_data === undefined
		? {}
		: { I2C: { default: { io: I2C, data: pins.bank_data, clock: pins.bank_clock } } }),
	Serial: { default: { io: Serial, port: 0, receive: 44, transmit: 43 } },
	...(pins.buttons === undefined ? {} : { Analog: { default: { io: Analog, pin: pins.buttons } } }),
	/** By the names of the site file. */
	RS485: Object.fromEntries(lines(pins).map(({ name, ...line }) => [name, { io: RS485, ...line }])),
	...(can ? { CAN: { default: { io: CAN, ...can } } } : {}),
	io: { Analog, Buttons, CAN, Digital, DigitalBank, I2C, PulseCount, PWM, RS485, Serial, SMBus, SPI },
	pin: pins,
};

export default device;
