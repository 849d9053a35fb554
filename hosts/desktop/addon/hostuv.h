/*
 * The few functions of libuv that the desktop host and its drivers use. libuv is linked into the node executable
 * and exports them; its headers are not part of node-api-headers, so the prototypes stand here.
 * Handles are allocated with hostUvNew (their size is asked at run time) and freed in the close callback.
 */
#ifndef GRIDPOST_HOSTUV_H
#define GRIDPOST_HOSTUV_H

#include <stddef.h>
#include <stdint.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct uv_handle_s uv_handle_t;
typedef struct uv_poll_s uv_poll_t;
typedef struct uv_timer_s uv_timer_t;

/* uv_handle_type, as numbered since libuv 1.0 */
enum { HOST_UV_POLL = 8, HOST_UV_TIMER = 13 };
/* uv_poll_event */
enum { HOST_UV_READABLE = 1, HOST_UV_WRITABLE = 2, HOST_UV_DISCONNECT = 4, HOST_UV_PRIORITIZED = 8 };

typedef void (*uv_close_cb)(uv_handle_t *handle);
typedef void (*uv_poll_cb)(uv_poll_t *handle, int status, int events);
typedef void (*uv_timer_cb)(uv_timer_t *handle);

extern size_t uv_handle_size(int type);
extern void uv_handle_set_data(uv_handle_t *handle, void *data);
extern void *uv_handle_get_data(const uv_handle_t *handle);
extern void uv_close(uv_handle_t *handle, uv_close_cb callback);
extern int uv_is_closing(const uv_handle_t *handle);
extern void uv_ref(uv_handle_t *handle);
extern void uv_unref(uv_handle_t *handle);
extern int uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd);
extern int uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb callback);
extern int uv_poll_stop(uv_poll_t *handle);
extern int uv_timer_init(uv_loop_t *loop, uv_timer_t *handle);
extern int uv_timer_start(uv_timer_t *handle, uv_timer_cb callback, uint64_t timeoutMs, uint64_t repeatMs);
extern int uv_timer_stop(uv_timer_t *handle);
extern uint64_t uv_hrtime(void);
extern const char *uv_strerror(int code);

#endif
