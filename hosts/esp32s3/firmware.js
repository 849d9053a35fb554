/*
 * The running firmware. The functions are native (native/firmware); what they do stands in firmware.d.ts.
 */
export function slot() @ "xs_firmware_slot";
export function state() @ "xs_firmware_state";
export function confirm() @ "xs_firmware_confirm";
export function reject() @ "xs_firmware_reject";
export function resetReason() @ "xs_firmware_resetReason";
export function note(text) @ "xs_firmware_note";
export function lastNote() @ "xs_firmware_lastNote";
export function memory() @ "xs_firmware_memory";
export function restart() @ "xs_firmware_restart";
export function hasDebugger() @ "xs_firmware_hasDebugger";
