// Made by `node tools/generate-tables.mjs` from the files of modules/devices/tables.
/** Ids of all tables, each with its protocol where that is not Modbus. One text, as a list of them would be flash. */
export const kTableIds =
	"chint-ddsu666 chint-dtsu666 deye-single-phase deye-three-phase-hv deye-three-phase-lv eastron-sdm120 hiking-dds238-2-zn-s sht20-xy-md02 sol-ark-12k sol-ark-15k sol-ark-hv";
