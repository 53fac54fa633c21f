/** ssh-agent: keys that are used without being read (OpenSSH's agent protocol, spoken by ssh2). */
import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';

export interface Agent {
  /** `the agent at /run/user/1000/ssh-agent.socket`, for messages. */
  readonly name: string;
  readonly keys: BaseAgent<ParsedKey>;
}

/** What OpenSSHAgent gives for an identity. */
type Key = ParsedKey;

/**
 * The agent behind a socket.
 * @param only the public keys that may be shown, in wire format; the server counts every key as a try. @default all of the agent's
 */
export function agentAt(socket: string, only?: readonly Buffer[]): Agent {
  return { name: `the agent at ${socket}`, keys: only ? new Chosen(socket, only) : new ssh2.OpenSSHAgent(socket) };
}

/** The public keys that the agent holds, in wire format. Empty when it does not answer. */
export function agentKeys(socket: string): Promise<readonly Buffer[]> {
  return new Promise((resolve) => {
    new ssh2.OpenSSHAgent(socket).getIdentities((error, keys) => resolve(error ? [] : (keys as readonly Key[] | undefined ?? []).map((key) => key.getPublicSSH())));
  });
}

class Chosen extends ssh2.OpenSSHAgent {
  constructor(socket: string, readonly only: readonly Buffer[]) {
    super(socket);
  }

  override getIdentities(callback: Parameters<ssh2.OpenSSHAgent['getIdentities']>[0]): void {
    super.getIdentities((error, keys) => callback(error, (keys as Key[] | undefined)?.filter((key) => this.only.some((one) => one.equals(key.getPublicSSH())))));
  }
}
