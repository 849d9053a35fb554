/*
 * Names of hosts. The function is native (native/resolver); what it does stands in resolver.d.ts.
 */
export function resolve(name, callback) @ "xs_resolver";
