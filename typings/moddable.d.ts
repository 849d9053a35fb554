/**
 * Modules of the Moddable SDK that hosts/mcsim and hosts/moddable use, as the package @moddable/typings declares them.
 * A build with the SDK brings its own declarations and does not see this file.
 */
/// <reference path="../node_modules/@moddable/typings/xs.d.ts" />
/// <reference path="../node_modules/@moddable/typings/Resource.d.ts" />
/// <reference path="../node_modules/@moddable/typings/mc/config.d.ts" />
/// <reference path="../node_modules/@moddable/typings/modules.d.ts" />
/// <reference path="../node_modules/@moddable/typings/net.d.ts" />
/// <reference path="../node_modules/@moddable/typings/time.d.ts" />
/// <reference path="../node_modules/@moddable/typings/timer.d.ts" />
