import { en } from "./en";

export type TextKey = keyof typeof en;
/** A language: every key, each with a text. */
export type Texts = Readonly<Record<TextKey, string>>;

/** By the primary subtag of BCP 47. */
const languages: Readonly<Record<string, Texts>> = { en };

function choose(): string {
	for (const wanted of navigator.languages ?? [navigator.language]) {
		const primary = wanted.split("-")[0]!.toLowerCase();
		if (languages[primary]) return primary;
	}
	return "en";
}

/** Primary subtag of the language in use; numbers and times follow it. */
export const language = choose();
const texts = languages[language]!;
document.documentElement.lang = language;

export type Fill = Readonly<Record<string, string | number>>;

export function t(key: TextKey, fill?: Fill): string {
	const text = texts[key];
	return fill ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fill[name] ?? whole)) : text;
}

/** The text of a key made at run time, if there is one: "point_W". */
export function tMaybe(key: string, fill?: Fill): string | undefined {
	return key in texts ? t(key as TextKey, fill) : undefined;
}

const plurals = new Intl.PluralRules(language);
type PluralKey = TextKey extends infer K ? (K extends `${infer Stem}_other` ? Stem : never) : never;

/** A text that depends on a number: "siteProblems" has the keys siteProblems_one, siteProblems_other. */
export function tn(stem: PluralKey, n: number, fill?: Fill): string {
	const key = `${stem}_${plurals.select(n)}`;
	return t((key in texts ? key : `${stem}_other`) as TextKey, { n, ...fill });
}
