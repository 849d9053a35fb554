import config from "mc/config";
import { boardFrom } from "./boards";

/** The board that this firmware is built for. Preloaded: a pin used twice fails the build here, with both names. */
export const board = boardFrom(config);
