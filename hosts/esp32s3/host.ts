import files from "embedded:storage/files";
import { boardHost } from "hosts/esp32s3/board-host";
import type { FlashFiles } from "hosts/esp32s3/sdk";

// Not preloaded, as it calls natives when it loads: everything else of the platform is.

export default boardHost(files as unknown as FlashFiles);
