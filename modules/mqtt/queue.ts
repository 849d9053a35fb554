/** What a publisher may ask of one message. May be shared by many; it must not change while a message is queued. */
export interface PublishOptions {
	/** 0: at most once; 1 (default): kept and sent again until the broker has acknowledged it. */
	qos?: 0 | 1;
	/** The broker keeps it as the topic's last value; with an empty payload it forgets that value. */
	retain?: boolean;
	/**
	 * Called once: true when it is out (QoS 0: handed to TCP; QoS 1: acknowledged), false when it was dropped for
	 * a QoS 1 message or the client was closed first.
	 */
	onSent?(delivered: boolean): void;
}

/** One message on its way out; a link of the queue. */
export class Message {
	readonly topic: Uint8Array;
	/** By reference: whoever publishes leaves it alone until onSent. */
	readonly payload: Uint8Array;
	/** (qos << 1) | retain, as in the PUBLISH header. */
	readonly flags: number;
	readonly options: PublishOptions | undefined;
	/** 0 until it is sent for the first time, and for QoS 0. */
	packetId = 0;
	/** It was wholly handed to TCP before: a further time it carries DUP. */
	wasSent = false;
	next: Message | undefined = undefined;

	constructor(topic: Uint8Array, payload: Uint8Array, flags: number, options: PublishOptions | undefined) {
		this.topic = topic;
		this.payload = payload;
		this.flags = flags;
		this.options = options;
	}

	get size(): number {
		return this.topic.length + this.payload.length;
	}
}

/** First in, first out, linked through the messages: nothing is moved or allocated by push and shift. */
export class MessageQueue {
	head: Message | undefined = undefined;
	#tail: Message | undefined = undefined;
	/** Of the QoS 0 messages in it, which may be dropped. */
	droppableCount = 0;
	droppableBytes = 0;

	push(message: Message): void {
		message.next = undefined;
		if (this.#tail) this.#tail.next = message;
		else this.head = message;
		this.#tail = message;
		if (message.flags < 2) {
			this.droppableCount++;
			this.droppableBytes += message.size;
		}
	}

	/** Back to the front: it was taken out and could not be sent. */
	unshift(message: Message): void {
		message.next = this.head;
		this.head = message;
		if (!this.#tail) this.#tail = message;
		if (message.flags < 2) {
			this.droppableCount++;
			this.droppableBytes += message.size;
		}
	}

	shift(): Message | undefined {
		return this.#remove(undefined, this.head);
	}

	/** Takes out the oldest QoS 0 message. */
	takeDroppable(): Message | undefined {
		if (this.droppableCount === 0) return undefined;
		let before: Message | undefined;
		let message = this.head;
		while (message && message.flags >= 2) {
			before = message;
			message = message.next;
		}
		return this.#remove(before, message);
	}

	#remove(before: Message | undefined, message: Message | undefined): Message | undefined {
		if (!message) return undefined;
		if (before) before.next = message.next;
		else this.head = message.next;
		if (message === this.#tail) this.#tail = before;
		message.next = undefined;
		if (message.flags < 2) {
			this.droppableCount--;
			this.droppableBytes -= message.size;
		}
		return message;
	}
}
