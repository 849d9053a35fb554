/** The dashboard's own icons: 24 by 24, drawn in strokes of the text's colour; words stand beside them. */
const paths = {
	pole: "M12 3v18M5 7h14M7 7v3M17 7v3M9 11h6",
	day: "M4 19V5M4 19h16M7 15l4-5 3 3 5-7",
	alarm: "M6 17h12l-1.5-2.5V10a4.5 4.5 0 0 0-9 0v4.5zM10.5 20h3",
	health: "M3 13h4l2-6 4 11 2.5-7 1 2H21",
	devices: "M6 4h12v16H6zM9 8h6v4H9zM10 16h.01M14 16h.01",
	site: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
	auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
	light:
		"M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5",
	dark: "M19 14.5A7.5 7.5 0 0 1 9.5 5a7.5 7.5 0 1 0 9.5 9.5z",
	back: "M14 6l-6 6 6 6",
	next: "M10 6l6 6-6 6",
	download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
	good: "M5 12.5l4.5 4.5L19 7.5",
	suspect: "M12 5v9M12 18.5v.5",
	comms_lost: "M7 7l10 10M17 7L7 17",
	never: "M6 12h12",
	warning: "M12 4l9 16H3zM12 10v4M12 17v.5",
	plug: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
	return (
		<svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
			<path d={paths[name]} />
		</svg>
	);
}
