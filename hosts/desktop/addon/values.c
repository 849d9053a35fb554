/*
 * Values between Node and the machine. Copied: numbers, strings, booleans, big integers, dates, buffers, arrays, plain objects.
 * Everything else is handed over by reference (objects.c).
 */
#include "bridge.h"

enum { DEPTH_LIMIT = 64 };

/* Strings: XS keeps CESU-8 with NUL as C0 80, Node UTF-16. Code unit by code unit, so lone surrogates survive. */

napi_value hostTextToNode(Host *host, const char *text)
{
	size_t length = strlen(text), i, count = 0;
	napi_value result = NULL;
	for (i = 0; i < length && (signed char)text[i] >= 0; i++)
		;
	if (i == length)
		return napi_create_string_latin1(host->env, text, length, &result) == napi_ok ? result : NULL;
	char16_t *units = (char16_t *)hostText(host, (length + 1) * sizeof(char16_t));
	const unsigned char *p = (const unsigned char *)text;
	while (*p) {
		uint32_t c = *p++;
		if (c >= 0xF0 && p[0] && p[1] && p[2]) {
			c = ((c & 7) << 18) | ((p[0] & 0x3Fu) << 12) | ((p[1] & 0x3Fu) << 6) | (p[2] & 0x3Fu);
			p += 3;
			c -= 0x10000;
			units[count++] = (char16_t)(0xD800 + (c >> 10));
			units[count++] = (char16_t)(0xDC00 + (c & 0x3FF));
			continue;
		}
		if (c >= 0xE0 && p[0] && p[1]) {
			c = ((c & 0xF) << 12) | ((p[0] & 0x3Fu) << 6) | (p[1] & 0x3Fu);
			p += 2;
		}
		else if (c >= 0xC0 && p[0]) {
			c = ((c & 0x1F) << 6) | (p[0] & 0x3Fu);
			p += 1;
		}
		units[count++] = (char16_t)c;
	}
	return napi_create_string_utf16(host->env, units, count, &result) == napi_ok ? result : NULL;
}

napi_value textToNode(Host *host, const char *text)
{
	napi_value result = hostTextToNode(host, text);
	if (!result)
		nodeFailed(host);
	return result;
}

void pushString(Host *host, napi_value value)
{
	txMachine *the = host->the;
	size_t count = 0, size = 1, i;
	CHECK(napi_get_value_string_utf16(host->env, value, NULL, 0, &count));
	char16_t *units = (char16_t *)hostText(host, (count + 1) * sizeof(char16_t));
	CHECK(napi_get_value_string_utf16(host->env, value, units, count + 1, &count));
	for (i = 0; i < count; i++)
		size += units[i] == 0 ? 2 : units[i] < 0x80 ? 1 : units[i] < 0x800 ? 2 : 3;
	mxPushUndefined();
	txString string = fxNewChunk(the, (txSize)size);
	the->stack->value.string = string;
	the->stack->kind = XS_STRING_KIND;
	for (i = 0; i < count; i++) {
		uint32_t c = units[i];
		if (c && c < 0x80)
			*string++ = (char)c;
		else if (c < 0x800) {
			*string++ = (char)(0xC0 | (c >> 6));
			*string++ = (char)(0x80 | (c & 0x3F));
		}
		else {
			*string++ = (char)(0xE0 | (c >> 12));
			*string++ = (char)(0x80 | ((c >> 6) & 0x3F));
			*string++ = (char)(0x80 | (c & 0x3F));
		}
	}
	*string = 0;
}

/* Machine -> Node */

static __thread int depth;

static void enterDepth(txMachine *the)
{
	if (depth >= DEPTH_LIMIT) {
		depth = 0;
		hostThrowText(the, XS_RANGE_ERROR, "object nested deeper than 64, or a circle");
	}
	depth++;
}

static napi_value bufferToNode(Host *host, txSlot *buffer, size_t offset, size_t length)
{
	napi_value result;
	void *data;
	CHECK(napi_create_arraybuffer(host->env, length, &data, &result));
	if (length)
		memcpy(data, buffer->next->value.arrayBuffer.address + offset, length);
	return result;
}

static napi_value arrayToNode(Host *host, txSlot *slot)
{
	txMachine *the = host->the;
	napi_value array, item;
	txIndex length, i;
	enterDepth(the);
	mxPushSlot(slot);
	slot = the->stack;
	mxPushSlot(slot);
	mxGetID(mxID(_length));
	length = fxToUnsigned(the, the->stack);
	mxPop();
	CHECK(napi_create_array_with_length(host->env, length, &array));
	for (i = 0; i < length; i++) {
		mxPushSlot(slot);
		mxGetIndex(i);
		item = hostToNode(host, the->stack);
		mxPop();
		CHECK(napi_set_element(host->env, array, i, item));
	}
	mxPop();
	depth--;
	return array;
}

static napi_value plainToNode(Host *host, txSlot *slot)
{
	txMachine *the = host->the;
	napi_value object, key, value;
	txSlot *keys;
	enterDepth(the);
	mxPushSlot(slot);
	slot = the->stack;
	CHECK(napi_create_object(host->env, &object));
	keys = fxNewInstance(the);
	mxBehaviorOwnKeys(the, slot->value.reference, XS_EACH_NAME_FLAG, keys);
	for (txSlot *at = keys->next; at; at = at->next) {
		txID id = at->value.at.id;
		txIndex index = at->value.at.index;
		mxPushUndefined();
		txSlot *own = the->stack;
		if (!mxBehaviorGetOwnProperty(the, slot->value.reference, id, index, own) || (own->flag & XS_DONT_ENUM_FLAG)) {
			mxPop();
			continue;
		}
		mxPop();
		mxPushSlot(slot);
		mxGetAll(id, index);
		value = hostToNode(host, the->stack);
		mxPop();
		if (id == XS_NO_ID) {
			CHECK(napi_set_element(host->env, object, index, value));
		}
		else {
			key = textToNode(host, fxGetKeyName(the, id));
			CHECK(napi_set_property(host->env, object, key, value));
		}
	}
	mxPop();
	mxPop();
	depth--;
	return object;
}

static napi_value referenceToNode(Host *host, txSlot *slot)
{
	txMachine *the = host->the;
	napi_env env = host->env;
	txSlot *instance = slot->value.reference;
	txSlot *internal;
	napi_value result, buffer;
	if (instance->ID && the->aliasArray && the->aliasArray[instance->ID])
		instance = the->aliasArray[instance->ID];
	internal = instance->next;
	if (mxIsFunction(instance))
		return functionToNode(host, slot);
	/* an ordinary object with index properties keeps them in an array too */
	bool indexed = internal && internal->kind == XS_ARRAY_KIND && internal->ID != XS_ARRAY_BEHAVIOR;
	if (internal && (internal->flag & XS_INTERNAL_FLAG) && !indexed) {
		switch (internal->kind) {
		case XS_ARRAY_KIND:
			return arrayToNode(host, slot);
		case XS_ARRAY_BUFFER_KIND:
			return bufferToNode(host, instance, 0, internal->next->value.bufferInfo.length);
		case XS_TYPED_ARRAY_KIND: {
			static const napi_typedarray_type types[] = { napi_bigint64_array, napi_biguint64_array, napi_float32_array,
				napi_float64_array, napi_int8_array, napi_int16_array, napi_int32_array, napi_uint8_array, napi_uint16_array,
				napi_uint32_array, napi_uint8_clamped_array };
			txSlot *view = internal->next, *bytes = view->next;
			txSize size = fxGetDataViewSize(the, view, bytes);
			int type = (int)(internal->value.typedArray.dispatch - gxTypeDispatches);
			buffer = bufferToNode(host, bytes->value.reference, view->value.dataView.offset, size);
			CHECK(napi_create_typedarray(env, types[type], size >> internal->value.typedArray.dispatch->shift, buffer, 0, &result));
			return result;
		}
		case XS_DATA_VIEW_KIND: {
			txSlot *bytes = internal->next;
			txSize size = fxGetDataViewSize(the, internal, bytes);
			buffer = bufferToNode(host, bytes->value.reference, internal->value.dataView.offset, size);
			CHECK(napi_create_dataview(env, size, buffer, 0, &result));
			return result;
		}
		case XS_ERROR_KIND:
			return hostErrorToNode(host, slot);
		case XS_PROMISE_KIND:
			return promiseToNode(host, slot);
		case XS_DATE_KIND:
			CHECK(napi_create_date(env, internal->value.number, &result));
			return result;
		case XS_STRING_KIND: case XS_STRING_X_KIND:
			return textToNode(host, internal->value.string);
		case XS_NUMBER_KIND: case XS_INTEGER_KIND: case XS_BOOLEAN_KIND:
			return hostToNode(host, internal);
		default:
			return objectToNode(host, slot);
		}
	}
	if (instance->value.instance.prototype == mxObjectPrototype.value.reference || !instance->value.instance.prototype)
		return plainToNode(host, slot);
	return objectToNode(host, slot);
}

napi_value hostToNode(Host *host, txSlot *slot)
{
	napi_env env = host->env;
	napi_value result;
	switch (slot->kind) {
	case XS_UNDEFINED_KIND:
		napi_get_undefined(env, &result);
		return result;
	case XS_NULL_KIND:
		napi_get_null(env, &result);
		return result;
	case XS_BOOLEAN_KIND:
		napi_get_boolean(env, slot->value.boolean, &result);
		return result;
	case XS_INTEGER_KIND:
		napi_create_int32(env, slot->value.integer, &result);
		return result;
	case XS_NUMBER_KIND:
		napi_create_double(env, slot->value.number, &result);
		return result;
	case XS_STRING_KIND: case XS_STRING_X_KIND:
		return textToNode(host, slot->value.string);
	case XS_BIGINT_KIND: case XS_BIGINT_X_KIND: {
		uint64_t words[64];
		txBigInt *big = &slot->value.bigint;
		size_t count = (big->size + 1) / 2;
		if (count > 64)
			hostThrowText(host->the, XS_RANGE_ERROR, "big integer of more than 4096 bits");
		memset(words, 0, sizeof(words));
		memcpy(words, big->data, big->size * sizeof(txU4));
		CHECK(napi_create_bigint_words(env, big->sign, count, words, &result));
		return result;
	}
	case XS_REFERENCE_KIND:
		return referenceToNode(host, slot);
	default:
		hostThrowText(host->the, XS_TYPE_ERROR, "a symbol cannot pass from the machine to Node");
	}
}

/* Node -> machine */

static void pushBuffer(Host *host, const void *data, size_t length)
{
	txMachine *the = host->the;
	if (length > 0x7FFFFFFF)
		hostThrowText(the, XS_RANGE_ERROR, "buffer too large");
	mxPushUndefined();
	txSlot *slot = the->stack;
	fxArrayBuffer(the, slot, (void *)data, (txInteger)length, -1);
}

static void pushView(Host *host, txSlot *constructor, const void *data, size_t length)
{
	txMachine *the = host->the;
	mxPushSlot(constructor);
	mxNew();
	pushBuffer(host, data, length);
	mxRunCount(1);
}

static void pushTypedArray(Host *host, napi_value value)
{
	txMachine *the = host->the;
	napi_typedarray_type type;
	size_t length, offset;
	void *data;
	napi_value buffer;
	txSlot *constructor;
	static const unsigned char shifts[] = { 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3 };
	CHECK(napi_get_typedarray_info(host->env, value, &type, &length, &data, &buffer, &offset));
	switch (type) {
	case napi_int8_array: constructor = &mxInt8ArrayConstructor; break;
	case napi_uint8_clamped_array: constructor = &mxUint8ClampedArrayConstructor; break;
	case napi_int16_array: constructor = &mxInt16ArrayConstructor; break;
	case napi_uint16_array: constructor = &mxUint16ArrayConstructor; break;
	case napi_int32_array: constructor = &mxInt32ArrayConstructor; break;
	case napi_uint32_array: constructor = &mxUint32ArrayConstructor; break;
	case napi_float32_array: constructor = &mxFloat32ArrayConstructor; break;
	case napi_float64_array: constructor = &mxFloat64ArrayConstructor; break;
	case napi_bigint64_array: constructor = &mxBigInt64ArrayConstructor; break;
	case napi_biguint64_array: constructor = &mxBigUint64ArrayConstructor; break;
	default: constructor = &mxUint8ArrayConstructor; break;
	}
	pushView(host, constructor, data, length << shifts[type]);
}

static void pushArray(Host *host, napi_value value)
{
	txMachine *the = host->the;
	uint32_t length, i;
	napi_value item;
	enterDepth(the);
	CHECK(napi_get_array_length(host->env, value, &length));
	fxNewArray(the, 0);
	for (i = 0; i < length; i++) {
		CHECK(napi_get_element(host->env, value, i, &item));
		hostPushValue(host, item);
		txSlot *array = the->stack + 1;
		mxPushSlot(array);
		mxSetIndex(i);
		mxPop();
	}
	depth--;
}

static void pushPlain(Host *host, napi_value value)
{
	txMachine *the = host->the;
	uint32_t length, i;
	napi_value keys, key, item;
	enterDepth(the);
	CHECK(napi_get_all_property_names(host->env, value, napi_key_own_only, napi_key_enumerable | napi_key_skip_symbols,
		napi_key_numbers_to_strings, &keys));
	CHECK(napi_get_array_length(host->env, keys, &length));
	fxNewObject(the);
	for (i = 0; i < length; i++) {
		CHECK(napi_get_element(host->env, keys, i, &key));
		CHECK(napi_get_property(host->env, value, key, &item));
		hostPushValue(host, item);
		txSlot *object = the->stack + 1;
		mxPushSlot(object);
		pushString(host, key);
		mxSetAt();
		mxPop();
	}
	depth--;
}

static void pushObject(Host *host, napi_value value)
{
	txMachine *the = host->the;
	napi_env env = host->env;
	bool is = false;
	void *data;
	size_t length;
	Handle *handle = handleOf(env, value);
	if (handle) {
		if (handle->host != host)
			hostThrowText(the, XS_TYPE_ERROR, "this object belongs to another machine");
		mxPushSlot(&handle->slot);
		return;
	}
	if (napi_is_array(env, value, &is) == napi_ok && is)
		pushArray(host, value);
	else if (napi_is_typedarray(env, value, &is) == napi_ok && is)
		pushTypedArray(host, value);
	else if (napi_is_arraybuffer(env, value, &is) == napi_ok && is) {
		CHECK(napi_get_arraybuffer_info(env, value, &data, &length));
		pushBuffer(host, data, length);
	}
	else if (napi_is_dataview(env, value, &is) == napi_ok && is) {
		napi_value buffer;
		size_t offset;
		CHECK(napi_get_dataview_info(env, value, &length, &data, &buffer, &offset));
		pushView(host, &mxDataViewConstructor, data, length);
	}
	else if (napi_is_error(env, value, &is) == napi_ok && is)
		pushNodeError(host, value);
	else if (napi_is_date(env, value, &is) == napi_ok && is) {
		double ms;
		CHECK(napi_get_date_value(env, value, &ms));
		mxPush(mxDateConstructor);
		mxNew();
		mxPushNumber(ms);
		mxRunCount(1);
	}
	else if (napi_is_promise(env, value, &is) == napi_ok && is)
		hostThrowText(the, XS_TYPE_ERROR, "a promise of Node cannot pass into the machine");
	else
		pushPlain(host, value);
}

void hostPushValue(Host *host, napi_value value)
{
	txMachine *the = host->the;
	napi_env env = host->env;
	napi_valuetype type;
	CHECK(napi_typeof(env, value, &type));
	switch (type) {
	case napi_undefined:
		mxPushUndefined();
		break;
	case napi_null:
		mxPushNull();
		break;
	case napi_boolean: {
		bool boolean;
		CHECK(napi_get_value_bool(env, value, &boolean));
		mxPushBoolean(boolean);
		break;
	}
	case napi_number: {
		double number;
		CHECK(napi_get_value_double(env, value, &number));
		txInteger integer = (number >= -2147483648.0 && number <= 2147483647.0) ? (txInteger)number : 0;
		if (number == integer && !(integer == 0 && signbit(number)))
			mxPushInteger(integer);
		else
			mxPushNumber(number);
		break;
	}
	case napi_string:
		pushString(host, value);
		break;
	case napi_bigint: {
		uint64_t words[64];
		size_t count = 64;
		int sign;
		CHECK(napi_get_value_bigint_words(env, value, &sign, &count, words));
		if (count > 64)
			hostThrowText(the, XS_RANGE_ERROR, "big integer of more than 4096 bits");
		mxPushUndefined();
		txU4 size = (txU4)count * 2;
		while (size > 1 && ((txU4 *)words)[size - 1] == 0)
			size--;
		if (size == 0) {
			words[0] = 0;
			size = 1;
		}
		txU4 *digits = fxNewChunk(the, size * sizeof(txU4));
		memcpy(digits, words, size * sizeof(txU4));
		the->stack->value.bigint.data = digits;
		the->stack->value.bigint.size = (txU2)size;
		the->stack->value.bigint.sign = (txU1)sign;
		the->stack->kind = XS_BIGINT_KIND;
		break;
	}
	case napi_function: {
		Handle *handle = handleOf(env, value);
		if (handle) {
			if (handle->host != host)
				hostThrowText(the, XS_TYPE_ERROR, "this function belongs to another machine");
			mxPushSlot(&handle->slot);
		}
		else
			pushNodeFunction(host, value);
		break;
	}
	case napi_object:
		pushObject(host, value);
		break;
	default:
		hostThrowText(the, XS_TYPE_ERROR, "a symbol or external cannot pass from Node into the machine");
	}
}
