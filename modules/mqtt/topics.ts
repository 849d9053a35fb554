/** Topic names and filters, MQTT 3.1.1 clause 4.7. Each check gives undefined, or what is wrong. */
export function topicNameFault(topic: string): string | undefined {
	if (topic === "") return "a topic has at least one character";
	if (topic.includes("#") || topic.includes("+")) return "a topic to publish to has no wildcards";
	return textFault(topic);
}

export function topicFilterFault(filter: string): string | undefined {
	if (filter === "") return "a filter has at least one character";
	const levels = filter.split("/");
	for (let i = 0; i < levels.length; i++) {
		const level = levels[i]!;
		if (level.includes("+") && level !== "+") return "+ stands alone in its level";
		if (level.includes("#") && (level !== "#" || i !== levels.length - 1)) return "# stands alone in the last level";
	}
	return textFault(filter);
}

function textFault(text: string): string | undefined {
	if (text.includes("\0")) return "a topic has no NUL";
	// three bytes a UTF-16 unit at most: the exact length is only computed where it can matter
	if (text.length > 21_845) return "a topic is at most 21845 characters here";
	return undefined;
}
