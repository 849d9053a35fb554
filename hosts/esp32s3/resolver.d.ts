/**
 * Looks up an IPv4 address by the network's name server. Calls back once, later, without an address when there is none. Throws when
 * it cannot be asked now.
 */
export function resolve(name: string, callback: (name: string, address?: string) => void): void;
