import { boardHost } from "hosts/esp32s3/board-host";

export default boardHost();
