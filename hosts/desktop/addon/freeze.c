/*
 * The frozen root: what preloaded modules and built-ins become in flash on the device. The rules are those of the
 * SDK's linker xsl, so that a change which fails there fails here. A root runs no code any more; machines are clones of it.
 */
#include "engine.h"

static void freezeObject(txMachine *the, txSlot *slot)
{
	txSlot object = *slot;
	txSlot *p = &object;
	mxPush(mxObjectConstructor);
	mxDub();
	mxGetID(mxID(_freeze));
	mxCall();
	mxPushSlot(p);
	mxRunCount(1);
	mxPop();
}

static bool isFunction(txSlot *internal)
{
	return internal->kind == XS_CALLBACK_KIND || internal->kind == XS_CALLBACK_X_KIND || internal->kind == XS_CODE_KIND
		|| internal->kind == XS_CODE_X_KIND;
}

static void seal(txSlot *instance)
{
	txSlot *property;
	for (property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

/* Kinds that a clone cannot copy on write, and functions with their prototypes. */
static void sealKind(txSlot *instance)
{
	txSlot *internal = instance->next;
	if (!internal || !(internal->flag & XS_INTERNAL_FLAG))
		return;
	if (isFunction(internal)) {
		seal(instance);
		if (instance->flag & XS_CAN_CONSTRUCT_FLAG) {
			txSlot *property;
			for (property = internal->next; property; property = property->next) {
				if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND) {
					seal(property->value.reference);
					break;
				}
			}
		}
		return;
	}
	if (internal->ID == XS_ENVIRONMENT_BEHAVIOR) {
		seal(instance);
		return;
	}
	switch (internal->kind) {
	case XS_PROMISE_KIND:
		seal(instance);
		if (internal->next && internal->next->kind == XS_REFERENCE_KIND && internal->next->value.reference)
			seal(internal->next->value.reference);
		break;
	case XS_CLOSURE_KIND:
		if (internal->value.closure->kind == XS_FINALIZATION_REGISTRY_KIND)
			seal(instance);
		break;
	case XS_MAP_KIND: case XS_SET_KIND: case XS_WEAK_MAP_KIND: case XS_WEAK_SET_KIND: case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND: case XS_DATA_VIEW_KIND: case XS_TYPED_ARRAY_KIND: case XS_PROXY_KIND: case XS_REGEXP_KIND:
		seal(instance);
		break;
	default:
		break;
	}
}

typedef void (*Visit)(txMachine *the, txSlot *slot);

/* Every slot in use. Free slots are found by the mark that `markFree` set on them. */
static void walk(txMachine *the, Visit visit)
{
	txSlot *heap, *slot, *limit;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		limit = heap->value.reference;
		for (slot = heap + 1; slot < limit; slot++) {
			if (!(slot->flag & XS_MARK_FLAG))
				(*visit)(the, slot);
		}
	}
}

static void markFree(txMachine *the)
{
	txSlot *slot;
	for (slot = the->freeHeap; slot; slot = slot->next)
		slot->flag |= XS_MARK_FLAG;
}

void hostFreeze(txMachine *the)
{
	txInteger index;
	const txTypeDispatch *dispatch = gxTypeDispatches;
	freezeObject(the, &mxAtomicsObject);
	freezeObject(the, &mxJSONObject);
	freezeObject(the, &mxMathObject);
	freezeObject(the, &mxReflectObject);
	for (index = mxObjectPrototypeStackIndex; index < mxEmptyCodeStackIndex; index++) {
		txSlot *slot = &the->stackPrototypes[-1 - index];
		if (slot->kind == XS_REFERENCE_KIND && slot != &mxCompartmentGlobal && !isFunction(slot->value.reference->next ?
			slot->value.reference->next : slot->value.reference))
			freezeObject(the, slot);
	}
	freezeObject(the, &mxFunctionPrototype);
	for (index = 0; index < mxTypeArrayCount; index++, dispatch++) {
		mxPush(the->stackPrototypes[-1 - (txInteger)dispatch->constructorID]);
		mxGetID(mxID(_prototype));
		txSlot prototype = *the->stack;
		mxPop();
		freezeObject(the, &prototype);
	}
	mxPush(mxArrayPrototype);
	mxGetID(mxID(_Symbol_unscopables));
	txSlot unscopables = *the->stack;
	mxPop();
	freezeObject(the, &unscopables);
}

static bool isFrozen(txMachine *the, txSlot *instance)
{
	txSlot *property = instance->next;
	if (!(instance->flag & XS_DONT_PATCH_FLAG))
		return false;
	for (; property && (property->flag & XS_INTERNAL_FLAG); property = property->next) {
		if (property->kind == XS_ARRAY_KIND && property->value.array.address) {
			txSlot *item = property->value.array.address;
			txIndex count = fxGetIndexSize(the, property);
			for (; count > 0; count--, item++) {
				if ((item->kind != XS_ACCESSOR_KIND && !(item->flag & XS_DONT_SET_FLAG)) || !(item->flag & XS_DONT_DELETE_FLAG))
					return false;
			}
		}
	}
	for (; property; property = property->next) {
		if ((property->kind != XS_ACCESSOR_KIND && !(property->flag & XS_DONT_SET_FLAG)) || !(property->flag & XS_DONT_DELETE_FLAG))
			return false;
	}
	return true;
}

static void visitSeal(txMachine *the, txSlot *slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		sealKind(slot);
}

static void visitInstance(txMachine *the, txSlot *slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		slot->ID = isFrozen(the, slot) ? XS_NO_ID : the->aliasCount++;
}

/* Module variables: those that hold functions become constant, the others get an alias, so that each clone has its own. */
static void visitClosure(txMachine *the, txSlot *slot)
{
	txSlot *closure;
	if (slot->kind != XS_CLOSURE_KIND)
		return;
	closure = slot->value.closure;
	if (closure->kind == XS_REFERENCE_KIND && closure->value.reference->next && isFunction(closure->value.reference->next))
		closure->flag |= XS_DONT_SET_FLAG;
	if (closure->flag & XS_DONT_SET_FLAG) {
		if (closure->ID != XS_NO_ID)
			closure->flag |= XS_DONT_DELETE_FLAG;
	}
	else {
		if (closure->ID == XS_NO_ID)
			closure->ID = the->aliasCount++;
		slot->flag &= ~XS_DONT_SET_FLAG;
	}
}

/* Kinds that own a chunk become the kinds for read-only memory, which a clone's collector leaves alone. */
static void petrify(txMachine *the, txSlot *slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	case XS_CALLBACK_KIND: slot->kind = XS_CALLBACK_X_KIND; break;
	case XS_ARRAY_KIND:
		if (slot->value.array.address) {
			txSlot *item = slot->value.array.address;
			txIndex count = fxGetIndexSize(the, slot);
			for (; count > 0; count--, item++) {
				petrify(the, item);
				item->flag |= XS_MARK_FLAG;
			}
		}
		break;
	default:
		break;
	}
}

/* What every Compartment of a clone inherits, as xsl makes it: the intrinsics, without what a host adds. */
static void makeCompartmentGlobal(txMachine *the)
{
	txSlot *property = fxLastProperty(the, fxNewInstance(the));
	txInteger id;
	for (id = XS_SYMBOL_ID_COUNT; id < _Infinity; id++)
		property = fxNextSlotProperty(the, property, &the->stackPrototypes[-1 - id], mxID(id), XS_DONT_ENUM_FLAG);
	for (; id < _Compartment; id++)
		property = fxNextSlotProperty(the, property, &the->stackPrototypes[-1 - id], mxID(id), XS_GET_ONLY);
	mxPull(mxCompartmentGlobal);
}

void hostShare(txMachine *the)
{
	txSlot *realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
	txSlot *modules = mxOwnModules(realm)->value.reference, *module, *slot, *target;
	makeCompartmentGlobal(the);
	for (module = modules->next; module; module = module->next)
		mxModuleInstanceInternal(module->value.reference)->value.module.realm = NULL;
	mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm = NULL;
	mxException.kind = XS_REFERENCE_KIND;
	mxException.value.reference = mxRealmClosures(realm)->value.reference;
	mxProgram.value.reference = modules;
	target = fxNewInstance(the);
	for (module = modules->next; module; module = module->next) {
		txID id = mxModuleInstanceInternal(module->value.reference)->value.module.id;
		target = target->next = fxNewSlot(the);
		target->value.symbol = id;
		target->kind = XS_SYMBOL_KIND;
		target->ID = id;
	}
	mxPull(mxHosts);
	mxModuleQueue = mxUndefined;
	mxUnhandledPromises = mxUndefined;
	mxDuringJobs = mxUndefined;
	mxFinalizationRegistries = mxUndefined;
	mxPendingJobs = mxUndefined;
	mxRunningJobs = mxUndefined;
	mxBreakpoints = mxUndefined;
	mxHostInspectors = mxUndefined;
	mxInstanceInspectors = mxUndefined;
	fxCollectGarbage(the);

	markFree(the);
	walk(the, visitSeal);
	the->aliasCount = 1; /* 0 is "no alias" */
	walk(the, visitInstance);
	walk(the, visitClosure);
	walk(the, petrify);
	for (slot = the->stack; slot < the->stackTop; slot++)
		petrify(the, slot);
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next) {
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			slot->flag |= XS_MARK_FLAG;
	}
	the->shared = 1;
}

/*
 * FNV-1a over the root's slots and chunks: a difference means that a clone wrote into what is flash on the device.
 * The engine's own cache of global variables is left out.
 */
__attribute__((no_sanitize_address)) /* free slots are poisoned */
static uint32_t sumBytes(uint32_t sum, const void *from, const void *to)
{
	const uint8_t *p = from, *limit = to;
	for (; p < limit; p++)
		sum = (sum ^ *p) * 16777619u;
	return sum;
}

uint32_t hostChecksum(txMachine *the)
{
	uint32_t sum = 2166136261u;
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next)
		sum = sumBytes(sum, heap + 1, heap->value.reference);
#if !mxNoChunks
	txSlot *global = mxGlobal.value.reference->next;
	const char *cache = NULL, *cacheEnd = NULL;
	if (global && global->kind == XS_GLOBAL_KIND) {
		cache = (const char *)global->value.table.address;
		cacheEnd = cache + global->value.table.length * sizeof(txSlot *);
	}
	for (txBlock *block = the->firstBlock; block; block = block->nextBlock) {
		const char *from = (const char *)(block + 1), *to = (const char *)block->current;
		if (from <= cache && cache < to) {
			sum = sumBytes(sum, from, cache);
			from = cacheEnd;
		}
		sum = sumBytes(sum, from, to);
	}
#endif
	return sum;
}

static void describe(txMachine *the, txSlot *instance, char *text, size_t size)
{
	txSlot *property = instance->next;
	size_t length = 0;
	if (property && property->kind == XS_ARRAY_KIND) {
		txSlot *item = property->value.array.address;
		length = (size_t)snprintf(text, size, "an array of %u", (unsigned)fxGetIndexSize(the, property));
		if (item && item->kind == XS_STRING_X_KIND)
			snprintf(text + length, size - length, ", first %.60s", item->value.string);
		return;
	}
	length = (size_t)snprintf(text, size, "an object {");
	for (; property && length + 40 < size; property = property->next) {
		if (property->flag & XS_INTERNAL_FLAG)
			continue;
		txString name = fxGetKeyName(the, property->ID);
		length += (size_t)snprintf(text + length, size - length, " %.30s", name ? name : "?");
	}
	snprintf(text + length, size - length, " }");
}

/* Tells of everything in a root that has an alias, and so may change in a clone: objects and variables of modules. */
__attribute__((no_sanitize_address)) /* free slots are poisoned */
void hostAliases(txMachine *the, void (*tell)(void *data, const char *text), void *data)
{
	char text[240];
	for (txSlot *heap = the->firstHeap; heap; heap = heap->next) {
		for (txSlot *slot = heap + 1; slot < heap->value.reference; slot++) {
			if (slot == mxProgram.value.reference || slot == mxHosts.value.reference)
				continue; /* the engine's lists of modules */
			if (slot->kind == XS_INSTANCE_KIND && slot->ID != XS_NO_ID) {
				describe(the, slot, text, sizeof(text));
				tell(data, text);
			}
			else if (slot->kind == XS_CLOSURE_KIND && slot->value.closure && !(slot->value.closure->flag & XS_DONT_SET_FLAG)
				&& slot->value.closure->ID != XS_NO_ID && slot->value.closure->kind != XS_UNINITIALIZED_KIND) {
				txString name = fxGetKeyName(the, slot->ID);
				snprintf(text, sizeof(text), "a variable %.40s", name ? name : "?");
				tell(data, text);
			}
		}
	}
}
