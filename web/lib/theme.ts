import { Cell } from "./cell";

export type ThemeChoice = "auto" | "light" | "dark";

const kKey = "gridpost-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function stored(): ThemeChoice {
	try {
		const value = localStorage.getItem(kKey);
		return value === "light" || value === "dark" ? value : "auto";
	} catch {
		// a browser that keeps nothing
		return "auto";
	}
}

export const themeChoice = new Cell<ThemeChoice>(stored());
/** What is shown: charts draw themselves anew when it changes. */
export const scheme = new Cell<"light" | "dark">("light");

function apply(): void {
	const choice = themeChoice.value;
	const shown = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
	document.documentElement.dataset["theme"] = shown;
	scheme.set(shown);
}

dark.addEventListener("change", apply);
themeChoice.follow(apply);
apply();

export function chooseTheme(choice: ThemeChoice): void {
	try {
		if (choice === "auto") localStorage.removeItem(kKey);
		else localStorage.setItem(kKey, choice);
	} catch {
		// kept for this page only
	}
	themeChoice.set(choice);
}
