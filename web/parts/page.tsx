import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { route } from "../lib/route";
import { t } from "../texts/texts";
import { Icon } from "./icons";

interface PageProps {
	title: string;
	/** A line below the title. */
	lead?: ComponentChildren;
	/** The page above this one. */
	back?: { href: string; text: string };
	/** Beside the title. */
	actions?: ComponentChildren;
	children: ComponentChildren;
}

/** The address that was shown last; the first one leaves the focus where the browser put it. */
let shown: string | undefined;

/** A page's frame. On a change of page the title has the focus, so that a screen reader and the keyboard begin there. */
export function Page({ title, lead, back, actions, children }: PageProps) {
	const heading = useRef<HTMLHeadingElement>(null);
	const { page, id } = route.value;
	useEffect(() => {
		const address = `${page}/${id}`;
		if (shown !== undefined && shown !== address) {
			heading.current?.focus({ preventScroll: true });
			scrollTo(0, 0);
		}
		shown = address;
	}, [page, id]);
	useEffect(() => {
		document.title = `${title} · ${t("product")}`;
	}, [title]);
	return (
		<main id="content">
			<header class="page-head">
				{back && (
					<a class="back" href={back.href}>
						<Icon name="back" size={16} />
						{back.text}
					</a>
				)}
				<div class="title-line">
					<h1 ref={heading} tabIndex={-1}>
						{title}
					</h1>
					{actions}
				</div>
				{lead && <p class="lead">{lead}</p>}
			</header>
			{children}
		</main>
	);
}

/** In place of a device that the site no longer has. */
export function GonePage({ id, back }: { id: string; back: { href: string; text: string } }) {
	return (
		<Page title={id} back={back}>
			<p class="note">{t("homeGone", { id })}</p>
		</Page>
	);
}
