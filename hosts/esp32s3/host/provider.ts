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

const { pins } = board;

/**
 * What the SDK's programs find as `globalThis.device`: the shape of its own providers, with this board's pins. A field that
 * the board has no pins for is left out.
 */
const device = {
	...(pins.bank_data === undefined
		? {}
		: { I2C: { default: { io: I2C, data: pins.bank_data, clock: pins.bank_clock } } }),
	Serial: { default: { io: Serial, port: 0, receive: 44, transmit: 43 } },
	...(pins.buttons === undefined ? {} : { Analog: { default: { io: Analog, pin: pins.buttons } } }),
	io: { Analog, Digital, DigitalBank, I2C, PulseCount, PWM, Serial, SMBus, SPI },
	pin: { button: 0, ...(pins.rgb_led === undefined ? {} : { rgb_led: pins.rgb_led }) },
};

export default device;
