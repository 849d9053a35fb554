import { conformance } from "./run";

conformance("RTU-2");
