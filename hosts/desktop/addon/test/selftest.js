/* The class of selftest.c, for the tests of the host. */
export default class Selftest @ "xs_selftest_destructor" {
	constructor(options) @ "xs_selftest";
	add(n) @ "xs_selftest_add";
	get value() @ "xs_selftest_get_value";
	set value(n) @ "xs_selftest_set_value";
	start(us) @ "xs_selftest_start";
	enter() @ "xs_selftest_enter";
	close() @ "xs_selftest_close";
	static sum(buffer) @ "xs_selftest_sum";
	static bytes() @ "xs_selftest_bytes";
	static attempt(callback) @ "xs_selftest_attempt";
	static stale(buffer) @ "xs_selftest_stale";
}
export function totals() @ "xs_selftest_totals";
