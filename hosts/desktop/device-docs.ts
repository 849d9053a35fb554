import { allTables } from "../../modules/devices/generated/tables";
import { devicePages, forgotten } from "./device-index";
import { devicePage } from "./device-page";

/** What docs/devices holds, by file name: for tools/generate-device-docs.mjs. */
export const pages: ReadonlyMap<string, string> = devicePages(allTables, devicePage);

/** What they would leave out without a word. */
export const leftOut: readonly string[] = forgotten(allTables);
