/*
 * Push buttons on one analog pin. The class is native (native/buttons); what it does stands in buttons.d.ts.
 */
export default class Buttons @ "xs_buttons_destructor" {
	constructor(options) @ "xs_buttons";
	get pressed() @ "xs_buttons_get_pressed";
	get raw() @ "xs_buttons_get_raw";
	close() @ "xs_buttons_close";
}
