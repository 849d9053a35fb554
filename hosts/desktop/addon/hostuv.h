/*
 * The few functions of libuv that the desktop host and its drivers use. libuv is linked into the node executable
 * and exports them; its headers are not part of node-api-headers, so the prototypes stand here.
 * Handles are allocated by the size that uv_handle_size gives at run time, and freed in the close callback.
 */
#ifndef GRIDPOST_HOSTUV_H
#define GRIDPOST_HOSTUV_H

#include <stddef.h>
#include <stdint.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
typedef struct uv_poll_s uv_poll_t;

/* uv_handle_type, as numbered since libuv 1.0 */
enum { HOST_UV_POLL = 8 };
/* uv_poll_event */
enum { HOST_UV_READABLE = 1, HOST_UV_WRITABLE = 2, HOST_UV_DISCONNECT = 4 };

typedef void (*uv_close_cb)(uv_handle_t *handle);
typedef void (*uv_poll_cb)(uv_poll_t *handle, int status, int events);

extern size_t uv_handle_size(int type);
extern void uv_handle_set_data(uv_handle_t *handle, void *data);
extern void *uv_handle_get_data(const uv_handle_t *handle);
extern void uv_close(uv_handle_t *handle, uv_close_cb callback);
extern void uv_ref(uv_handle_t *handle);
extern void uv_unref(uv_handle_t *handle);
extern int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
extern int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb callback);
extern int uv_poll_stop(uv_poll_t *handle);
extern uint64_t uv_hrtime(void);

#endif
