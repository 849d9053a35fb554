import { readFileSync } from "node:fs";
import { runPluginText } from "./plugin-machine";

// A process of its own for one plug-in, `node plugin-box.js NAME < module > JSON`: who starts it stops it when it takes too long.
process.stdout.write(runPluginText(process.argv[2] ?? "plugin", readFileSync(0, "utf8")));
