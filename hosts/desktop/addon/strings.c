/*
 * ArrayBuffer.fromString and String.fromArrayBuffer, as the device's engine has them. They are left out of an engine that
 * keeps strings as CESU-8 (mxCESU8, platform.h): surrogate pairs as two times three bytes, and U+0000 as C0 80.
 * As on the device a lone surrogate becomes three bytes that are no UTF-8, and overlong forms pass: callers look.
 */
#include "engine.h"

static bool isSurrogate(const txU1 *p, txU1 first)
{
	return p[0] == 0xED && (p[1] & 0xF0) == first;
}

/* Both halves of a pair: D800 to DBFF is ED A0 to AF, DC00 to DFFF is ED B0 to BF. */
static bool isPair(const txU1 *p)
{
	return isSurrogate(p, 0xA0) && isSurrogate(p + 3, 0xB0);
}

/* ArrayBuffer.fromString(text) */
static void fromString(txMachine *the)
{
	const txU1 *p;
	txU1 *out;
	txSize length = 0;
	if (mxArgc < 1)
		mxTypeError("no argument");
	fxToString(the, mxArgv(0));
	for (p = (txU1 *)mxArgv(0)->value.string; *p; length++) {
		if (isPair(p)) {
			p += 6;
			length += 3;
		}
		else
			p += p[0] == 0xC0 && p[1] == 0x80 ? 2 : 1;
	}
	fxConstructArrayBufferResult(the, mxThis, length);
	/* after the allocation: that may have moved the string */
	p = (txU1 *)mxArgv(0)->value.string;
	out = (txU1 *)mxResult->value.reference->next->value.arrayBuffer.address;
	while (*p) {
		if (isPair(p)) {
			txU4 high = ((p[1] & 0x0F) << 6) | (p[2] & 0x3F), low = ((p[4] & 0x0F) << 6) | (p[5] & 0x3F);
			txU4 code = 0x10000 + (high << 10) + low;
			*out++ = 0xF0 | (code >> 18);
			*out++ = 0x80 | ((code >> 12) & 0x3F);
			*out++ = 0x80 | ((code >> 6) & 0x3F);
			*out++ = 0x80 | (code & 0x3F);
			p += 6;
		}
		else if (p[0] == 0xC0 && p[1] == 0x80) {
			*out++ = 0;
			p += 2;
		}
		else
			*out++ = *p++;
	}
}

/* Bytes of the character that begins with this one, as its bits say; 0: none does. */
static txSize lengthOf(txU1 first)
{
	if (first < 0x80)
		return 1;
	if ((first & 0xE0) == 0xC0)
		return 2;
	if ((first & 0xF0) == 0xE0)
		return 3;
	return (first & 0xF8) == 0xF0 ? 4 : 0;
}

/* String.fromArrayBuffer(buffer, offset = 0, length = the rest) */
static void fromArrayBuffer(txMachine *the)
{
	txSlot *buffer;
	txInteger limit, offset, length, at, room = 0;
	const txU1 *in;
	txU1 *out;
	if (mxArgc < 1 || mxArgv(0)->kind != XS_REFERENCE_KIND)
		mxTypeError("argument: not an ArrayBuffer instance");
	buffer = mxArgv(0)->value.reference->next;
	if (!buffer || buffer->kind != XS_ARRAY_BUFFER_KIND)
		mxTypeError("argument: not an ArrayBuffer instance");
	limit = buffer->next->value.bufferInfo.length;
	offset = fxArgToByteLength(the, 1, 0);
	if (limit < offset)
		mxRangeError("invalid byteOffset %ld", (long)offset);
	length = fxArgToByteLength(the, 2, limit - offset);
	if (limit - offset < length)
		mxRangeError("invalid byteLength %ld", (long)length);

	in = (txU1 *)buffer->value.arrayBuffer.address + offset;
	for (at = 0; at < length;) {
		txSize size = lengthOf(in[at]), i;
		if (size == 0 || at + size > length)
			mxTypeError("invalid UTF-8");
		for (i = 1; i < size; i++) {
			if ((in[at + i] & 0xC0) != 0x80)
				mxTypeError("invalid UTF-8");
		}
		room += size == 4 ? 6 : in[at] == 0 ? 2 : size;
		at += size;
	}
	mxResult->value.string = fxNewChunk(the, room + 1);
	mxResult->kind = XS_STRING_KIND;
	in = (txU1 *)mxArgv(0)->value.reference->next->value.arrayBuffer.address + offset;
	out = (txU1 *)mxResult->value.string;
	for (at = 0; at < length;) {
		txSize size = lengthOf(in[at]);
		if (size == 4) {
			txU4 code = ((in[at] & 7) << 18) | ((in[at + 1] & 0x3F) << 12) | ((in[at + 2] & 0x3F) << 6) | (in[at + 3] & 0x3F);
			txU4 pair = code - 0x10000, high = 0xD800 | ((pair >> 10) & 0x3FF), low = 0xDC00 | (pair & 0x3FF);
			out = (txU1 *)fxUTF8Encode((txString)out, (txInteger)high);
			out = (txU1 *)fxUTF8Encode((txString)out, (txInteger)low);
		}
		else if (in[at] == 0)
			out = (txU1 *)fxUTF8Encode((txString)out, 0);
		else {
			memcpy(out, in + at, size);
			out += size;
		}
		at += size;
	}
	*out = 0;
}

static void install(txMachine *the, txSlot *constructor, txCallback callback, txID id)
{
	mxPushSlot(constructor);
	fxNextHostFunctionProperty(the, fxLastProperty(the, the->stack->value.reference), callback, 1, id, XS_DONT_ENUM_FLAG);
	mxPop();
}

void hostStringsInstall(txMachine *the, void *data)
{
	install(the, &mxArrayBufferConstructor, fromString, mxID(_fromString));
	install(the, &mxStringConstructor, fromArrayBuffer, mxID(_fromArrayBuffer));
}
