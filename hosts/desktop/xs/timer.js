/*
 * The `timer` module of the Moddable SDK. Natives in hosts/desktop/addon/timer.c; what it does stands in timer.d.ts.
 */
export default class Timer {
	static set(callback, delay, repeat) @ "xs_timer_set";
	static repeat(callback, delay) @ "xs_timer_repeat";
	static schedule(timer, delay, repeat) @ "xs_timer_schedule";
	static clear(timer) @ "xs_timer_clear";
	static delay(ms) @ "xs_timer_delay";
}
