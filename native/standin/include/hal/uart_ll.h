#ifndef STANDIN_UART_LL_H
#define STANDIN_UART_LL_H

#include "driver/uart.h"

/* The two registers that our code reads by themselves; chip_uart.c has the rest. */
typedef struct {
	struct {
		uint32_t rxd : 1;
	} status;
	struct {
		uint32_t st_urx_out : 4;
	} fsm_status;
} uart_dev_t;

enum {
	UART_INTR_RXFIFO_FULL = 1 << 0,
	UART_INTR_TXFIFO_EMPTY = 1 << 1,
	UART_INTR_PARITY_ERR = 1 << 2,
	UART_INTR_FRAM_ERR = 1 << 3,
	UART_INTR_RXFIFO_OVF = 1 << 4,
	UART_INTR_BRK_DET = 1 << 7,
	UART_INTR_RXFIFO_TOUT = 1 << 8,
	UART_INTR_TX_DONE = 1 << 14
};
#define UART_LL_INTR_MASK 0x7ffff

uart_dev_t *standinUart(int port);
#define UART_LL_GET_HW(_PORT) standinUart(_PORT)

void uart_ll_ena_intr_mask(uart_dev_t *hw, uint32_t mask);
void uart_ll_disable_intr_mask(uart_dev_t *hw, uint32_t mask);
uint32_t uart_ll_get_intsts_mask(uart_dev_t *hw);
void uart_ll_clr_intsts_mask(uart_dev_t *hw, uint32_t mask);
void uart_ll_read_rxfifo(uart_dev_t *hw, uint8_t *bytes, uint32_t length);
void uart_ll_write_txfifo(uart_dev_t *hw, const uint8_t *bytes, uint32_t length);
void uart_ll_rxfifo_rst(uart_dev_t *hw);
void uart_ll_txfifo_rst(uart_dev_t *hw);
uint32_t uart_ll_get_rxfifo_len(uart_dev_t *hw);
/* Free places. */
uint32_t uart_ll_get_txfifo_len(uart_dev_t *hw);
void uart_ll_set_rxfifo_full_thr(uart_dev_t *hw, uint16_t threshold);
void uart_ll_set_txfifo_empty_thr(uart_dev_t *hw, uint16_t threshold);
void uart_ll_set_rts_active_level(uart_dev_t *hw, int level);
void uart_ll_set_mode(uart_dev_t *hw, uart_mode_t mode);
bool uart_ll_is_tx_idle(uart_dev_t *hw);
/* In bit times; 0: off. */
void uart_ll_set_rx_tout(uart_dev_t *hw, uint16_t bits);

#endif
