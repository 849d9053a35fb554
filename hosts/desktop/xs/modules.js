/*
 * The `modules` module of the Moddable SDK, as far as we use it. Native in hosts/desktop/addon/modules.c.
 */
export default class Modules {
	static importNow(specifier) @ "xs_modules_importNow";
}
