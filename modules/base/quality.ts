/**
 * How far a reading can be trusted; the words of the OpenAMI profile 0.1.
 * - good: read by the last poll that was due
 * - suspect: read, but implausible or out of a declared range
 * - comms_lost: the device has not answered since; the time kept with the value is that of the last good one
 */
export type Quality = "good" | "suspect" | "comms_lost";
