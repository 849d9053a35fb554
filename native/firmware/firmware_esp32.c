/*
 * What the running firmware knows of itself: which slot it runs from, whether it is on trial there, why the chip started.
 * With CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE a new image runs on trial: unless it is confirmed, the next reset, whatever
 * its reason, goes back to the image before. Nothing in the SDK confirms one.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "esp_attr.h"
#include "esp_heap_caps.h"
#include "esp_ota_ops.h"
#include "esp_partition.h"
#include "esp_system.h"
#include <stdbool.h>
#include <string.h>

/*
 * Why the program stopped. Lasts over a restart, not over a loss of power: then the mark is not there. While the program
 * runs the text is empty: a restart that finds it so is one by the engine, without a word.
 */
static RTC_NOINIT_ATTR struct {
	uint32_t mark;
	char text[252];
} gNote;

enum { kNoteMark = 0x314e7047 };

static void setText(xsMachine *the, const char *text) {
	xsmcSetString(xsResult, (char *)text);
}

/* Label of the slot: "ota_0", "ota_1". */
void xs_firmware_slot(xsMachine *the) {
	const esp_partition_t *running = esp_ota_get_running_partition();
	setText(the, running ? running->label : "");
}

/* "trial", "confirmed"; "unknown" of an image that was flashed by cable. */
void xs_firmware_state(xsMachine *the) {
	esp_ota_img_states_t state;
	const esp_partition_t *running = esp_ota_get_running_partition();
	const char *text = "unknown";
	if (running && esp_ota_get_state_partition(running, &state) == ESP_OK) {
		if (state == ESP_OTA_IMG_PENDING_VERIFY || state == ESP_OTA_IMG_NEW) text = "trial";
		else if (state == ESP_OTA_IMG_VALID) text = "confirmed";
	}
	setText(the, text);
}

/* The image stays. Nothing happens when it was not on trial. */
void xs_firmware_confirm(xsMachine *the) {
	esp_err_t err = esp_ota_mark_app_valid_cancel_rollback();
	if (err != ESP_OK) xsUnknownError("the image cannot be confirmed: error %d", (int)err);
}

/*
 * Back to the image before, at once; false when there is none. An image that came by cable has no entry of its own, and then
 * ESP-IDF sees nothing to go back to; but the bootloader does, at the reset of an image on trial.
 */
void xs_firmware_reject(xsMachine *the) {
	esp_ota_img_states_t state;
	esp_app_desc_t description;
	const esp_partition_t *running = esp_ota_get_running_partition();
	const esp_partition_t *other = esp_ota_get_next_update_partition(NULL);
	gNote.mark = 0;
	if (esp_ota_check_rollback_is_possible()) esp_ota_mark_app_invalid_rollback_and_reboot();
	else if (running && esp_ota_get_state_partition(running, &state) == ESP_OK && state == ESP_OTA_IMG_PENDING_VERIFY && other &&
		esp_ota_get_partition_description(other, &description) == ESP_OK)
		esp_restart();
	xsmcSetFalse(xsResult);
}

void xs_firmware_resetReason(xsMachine *the) {
	const char *text = "unknown";
	switch (esp_reset_reason()) {
	case ESP_RST_POWERON: text = "power"; break;
	case ESP_RST_EXT: text = "pin"; break;
	case ESP_RST_SW: text = "restart"; break;
	case ESP_RST_PANIC: text = "panic"; break;
	case ESP_RST_INT_WDT: text = "interrupt watchdog"; break;
	case ESP_RST_TASK_WDT: text = "task watchdog"; break;
	case ESP_RST_WDT: text = "watchdog"; break;
	case ESP_RST_DEEPSLEEP: text = "sleep"; break;
	case ESP_RST_BROWNOUT: text = "brown-out"; break;
	case ESP_RST_USB: text = "USB"; break;
	default: break;
	}
	setText(the, text);
}

/* Keeps a text for the next start, cut where it is too long. Allocates nothing: it is called when memory has run out, too. */
void xs_firmware_note(xsMachine *the) {
	const char *text = xsmcToString(xsArg(0));
	unsigned length = 0;
	for (; text[length] && length < sizeof(gNote.text) - 1; length++)
		gNote.text[length] = text[length] >= ' ' && text[length] <= '~' ? text[length] : ' ';
	gNote.text[length] = 0;
	gNote.mark = kNoteMark;
}

/* What was kept before this start, once. The engine restarts the chip without asking when memory or stack have run out. */
void xs_firmware_lastNote(xsMachine *the) {
	bool kept = gNote.mark == kNoteMark && memchr(gNote.text, 0, sizeof(gNote.text));
	if (kept && gNote.text[0] == 0 && esp_reset_reason() == ESP_RST_SW) setText(the, "out of memory, or of stack");
	else setText(the, kept ? gNote.text : "");
	gNote.text[0] = 0;
	gNote.mark = kNoteMark;
}

/* Bytes: free of the internal memory, its largest free block, free of the PSRAM. */
void xs_firmware_memory(xsMachine *the) {
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	xsmcSetInteger(xsVar(0), (xsIntegerValue)heap_caps_get_free_size(MALLOC_CAP_INTERNAL));
	xsmcSet(xsResult, xsID_internal, xsVar(0));
	xsmcSetInteger(xsVar(0), (xsIntegerValue)heap_caps_get_largest_free_block(MALLOC_CAP_INTERNAL));
	xsmcSet(xsResult, xsID_largest, xsVar(0));
	xsmcSetInteger(xsVar(0), (xsIntegerValue)heap_caps_get_free_size(MALLOC_CAP_SPIRAM));
	xsmcSet(xsResult, xsID_psram, xsVar(0));
}

void xs_firmware_restart(xsMachine *the) {
	(void)the;
	gNote.mark = 0;
	esp_restart();
}

/* A debug build: UART 0 belongs to xsbug. */
void xs_firmware_hasDebugger(xsMachine *the) {
#ifdef mxDebug
	xsmcSetBoolean(xsResult, 1);
#else
	xsmcSetBoolean(xsResult, 0);
#endif
}
