/** What Node gives to the application's host module: hosts/desktop/app.ts. */
declare module "host:app" {
	import type { HostOptions } from "../hosts/host";
	import type { LogLevel } from "../modules/base/log";

	const app: {
		siteText(): string;
		options(): HostOptions;
		firmware(): string;
		/** Of build/web; undefined when there is no such file. */
		webFile(name: string): ArrayBuffer | undefined;
		log(level: LogLevel, area: string, text: string): void;
	};
	export default app;
}
