import type { HttpRequest } from "./request";
import type { HttpResponse } from "./response";

/** Answers a request through its response, now or later. What it throws becomes 500. */
export type Handler = (request: HttpRequest, response: HttpResponse) => void;

interface Route {
	readonly method: string;
	readonly parts: readonly string[];
	readonly handler: Handler;
}

/** Finds the handler of a method and path. Patterns: "/api/site", "/api/device/:id", "/files/*" (the rest). */
export class Router {
	readonly #routes: Route[] = [];
	/** What the last `find` took for ":name" and "*". */
	params: string[] = [];

	add(method: string, pattern: string, handler: Handler): void {
		this.#routes.push({ method, parts: pattern.slice(1).split("/"), handler });
	}

	/** The first route that takes it; a GET route takes HEAD as well. */
	find(method: string, segments: readonly string[]): Handler | undefined {
		for (const route of this.#routes) {
			if (route.method !== method && !(method === "HEAD" && route.method === "GET")) continue;
			if (this.#takes(route, segments)) return route.handler;
		}
		return undefined;
	}

	/** For "Allow": the methods that some route of this path takes, "" for none. */
	allowed(segments: readonly string[]): string {
		const found: string[] = [];
		for (const route of this.#routes) {
			if (found.includes(route.method) || !this.#takes(route, segments)) continue;
			found.push(route.method);
			if (route.method === "GET") found.push("HEAD");
		}
		return found.join(", ");
	}

	#takes(route: Route, segments: readonly string[]): boolean {
		const parts = route.parts;
		const params: string[] = [];
		for (let i = 0; i < parts.length; i++) {
			const part = parts[i]!;
			if (part === "*") {
				params.push(segments.slice(i).join("/"));
				this.params = params;
				return true;
			}
			const segment = segments[i];
			if (segment === undefined) return false;
			if (part.charCodeAt(0) === 0x3a) {
				if (segment === "") return false;
				params.push(segment);
			} else if (part !== segment) return false;
		}
		if (parts.length !== segments.length) return false;
		this.params = params;
		return true;
	}
}
