import { conformance } from "./run";

conformance("RTU");
