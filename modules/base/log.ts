export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where a module says what a person should know. `area` is the module ("modbus", "mqtt"), `text` one line. */
export type Log = (level: LogLevel, area: string, text: string) => void;

/** For callers that do not care. */
export const silentLog: Log = () => {};
