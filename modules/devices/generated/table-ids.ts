// Made by `node tools/generate-tables.mjs` from the files of modules/devices/tables.
/** Ids of all tables, each with its protocol where that is not Modbus. One text, as a list of them would be flash. */
export const kTableIds =
	"abb-acs355-acs380 bornay-windplus-mppt carlo-gavazzi-em24-e1 carlo-gavazzi-em340 ccs-wattnode-wnc chint-chd130 chint-ddsu666 chint-dtsu666 delta-ms300 delta-vfd-e-el deye-single-phase deye-three-phase-hv deye-three-phase-lv eastron-sdm120 eastron-sdm630 epever-tracer growatt-spf hiking-dds238-2-zn-s janitza-umg96rm midnite-classic-wind midnite-classic morningstar-tristar-mppt noark-ex9em schneider-atv12-312-320 schneider-iem3155 sht20-xy-md02 sol-ark-12k sol-ark-15k sol-ark-hv sungrow-dtsu666-20 veris-e51c2 yaskawa-v1000-ga500";
