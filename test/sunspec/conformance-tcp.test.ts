import { conformance } from "./run";

conformance("TCP");
