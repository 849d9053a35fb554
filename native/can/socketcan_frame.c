#include "socketcan.h"

#include <linux/can/error.h>
#include <string.h>

bool socketCanFromLinux(const struct can_frame *in, CanFrame *out) {
	if ((in->can_id & CAN_ERR_FLAG) || in->can_dlc > CAN_MAX_DLEN) return false;
	memset(out, 0, sizeof *out);
	bool extended = in->can_id & CAN_EFF_FLAG, remote = in->can_id & CAN_RTR_FLAG;
	out->id = in->can_id & (extended ? CAN_EFF_MASK : CAN_SFF_MASK);
	out->flags = (uint8_t)((extended ? CAN_EXTENDED : 0) | (remote ? CAN_REMOTE : 0));
	out->length = in->can_dlc;
	if (!remote) memcpy(out->data, in->data, in->can_dlc);
	return true;
}

void socketCanToLinux(const CanFrame *in, struct can_frame *out) {
	memset(out, 0, sizeof *out);
	out->can_id = in->id | (in->flags & CAN_EXTENDED ? CAN_EFF_FLAG : 0) | (in->flags & CAN_REMOTE ? CAN_RTR_FLAG : 0);
	out->can_dlc = in->length;
	if (!(in->flags & CAN_REMOTE)) memcpy(out->data, in->data, in->length);
}

void socketCanNews(const struct can_frame *in, SocketCanNews *news) {
	memset(news, 0, sizeof *news);
	canid_t class = in->can_id & CAN_ERR_MASK;
	unsigned controller = class & CAN_ERR_CRTL ? in->data[1] : 0;
	news->busOff = (class & CAN_ERR_BUSOFF) != 0;
	news->error = (class & (CAN_ERR_PROT | CAN_ERR_ACK | CAN_ERR_BUSERROR)) != 0;
	news->lost = (controller & CAN_ERR_CRTL_RX_OVERFLOW) != 0;
	bool restarted = class & CAN_ERR_RESTARTED || controller & CAN_ERR_CRTL_ACTIVE;
	if (class & CAN_ERR_CNT) {
		news->counters = true;
		news->tec = in->data[6];
		news->rec = in->data[7];
	} else {
		if (controller & (CAN_ERR_CRTL_TX_WARNING | CAN_ERR_CRTL_RX_WARNING)) news->tec = 96;
		if (controller & (CAN_ERR_CRTL_TX_PASSIVE | CAN_ERR_CRTL_RX_PASSIVE)) news->tec = 128;
	}
	news->state = news->counters || news->busOff || news->tec > 0 || restarted;
}
