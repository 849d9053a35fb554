/** Functions of Node that the machine was given: `MachineOptions.host`. Only for modules in hosts/desktop/xs. */
declare module "host:*" {
	const provider: unknown;
	export default provider;
}
