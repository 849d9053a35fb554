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
		/** Of build/tables; undefined when there is no such file. */
		packedTable(id: string): ArrayBuffer | undefined;
		/** The site file's path, "" where it cannot be changed. */
		sitePlace(): string;
		saveSite(text: string): void;
		/** Returns at once; this machine ends soon after. */
		restart(): void;
		/** "" for none. */
		adminPassword(): string;
		/** JSON of a list of FoundPlugin. */
		plugins(): string;
		log(level: LogLevel, area: string, text: string): void;
	};
	export default app;
}
