/* Of the settings in hosts/esp32s3/sdkconfig those that our C asks for. */
#ifndef STANDIN_SDKCONFIG_H
#define STANDIN_SDKCONFIG_H

#define CONFIG_GPTIMER_ISR_CACHE_SAFE 1
#define CONFIG_GPTIMER_CTRL_FUNC_IN_IRAM 1

#endif
