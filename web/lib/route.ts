import { Cell } from "./cell";

/** The page after "#/", in parts: ["home", "home-1"]. */
export interface Route {
	page: string;
	id: string;
}

function read(): Route {
	const [page = "", id = ""] = location.hash.replace(/^#\/?/, "").split("/");
	return { page, id: decode(id) };
}

/** A hand-typed "%" is no reason to fail. */
function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

export const route = new Cell(read());

addEventListener("hashchange", () => route.set(read()));

export function href(page: string, id?: string): string {
	return id === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(id)}`;
}
